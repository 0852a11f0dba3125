internal import NATModel
internal import NATScreen

/// The rows of the nat tables, each with its name and its figure, from reading to reading.
///
/// Mostly only counters move. Then every row keeps its place, and of ten thousand none has to be
/// named anew or looked up by its name.
struct NATRows: Sendable {
    /// When a counter moved last, in milliseconds of the monotonic clock.
    private(set) var movedAtMilliseconds = Int64.min / 2
    private var chains: [Chain] = []

    /// A rule's name, and how its counter moves.
    struct Row: Sendable {
        /// Its name.
        let id: RowID
        /// How its counter moves.
        var figure = NATFigure()
    }

    /// A chain as it was read last.
    struct Chain: Sendable {
        /// The name of its own line.
        let id: RowID
        /// How the counter of its policy moves; of a chain without one, nothing.
        var figure = NATFigure()
        /// Its rules, in the order of evaluation.
        var rows: [Row]
        fileprivate var chain: NATChain
    }

    /// The chain whose own line has this name; `nil` where it was not read.
    func chain(_ id: RowID) -> Chain? { chains.first { $0.id == id } }

    /// Takes what was read, or was kept where it could not be read now.
    ///
    /// - Returns: whether there are other rules than before, or others in their places.
    mutating func take(_ sets: [NATRuleSet], isFresh: Bool, atMilliseconds now: Int64) -> Bool {
        let read = sets.flatMap { set in set.chains.map { (set.label, $0) } }
        let isAlike =
            read.count == chains.count && zip(chains, read).allSatisfy { $0.isAlike($1.1, $1.0) }
        if !isAlike { rename(read) }
        for (place, (_, chain)) in read.enumerated() {
            if chains[place].take(chain, isFresh: isFresh, atMilliseconds: now) {
                movedAtMilliseconds = now
            }
        }
        return !isAlike
    }

    /// Names all rows; one that was there before keeps its figure, wherever it is now.
    private mutating func rename(_ read: [(String, NATChain)]) {
        let known = Dictionary(
            chains.flatMap { [($0.id, $0.figure)] + $0.rows.map { ($0.id, $0.figure) } },
            uniquingKeysWith: { first, _ in first })
        chains = read.map { set, chain in
            let id = RowID.natChain(set, chain.name)
            let rows = NATRowIdentity.rules(chain, of: set).map {
                Row(id: $0, figure: known[$0] ?? NATFigure())
            }
            return Chain(id: id, figure: known[id] ?? NATFigure(), rows: rows, chain: chain)
        }
    }
}

extension NATRows.Chain {
    /// Takes the same rules with newer counters.
    ///
    /// - Returns: whether any of them moved.
    fileprivate mutating func take(
        _ read: NATChain, isFresh: Bool, atMilliseconds now: Int64
    ) -> Bool {
        chain = read
        if chain.policy != nil {
            figure.add(isFresh ? chain.packets : nil, atMilliseconds: now)
        }
        var hasMoved = figure.movedAtMilliseconds == now
        for index in rows.indices {
            rows[index].figure.add(
                isFresh ? chain.rules[index].packets : nil, atMilliseconds: now)
            if rows[index].figure.movedAtMilliseconds == now { hasMoved = true }
        }
        return hasMoved
    }

    /// Whether it is this chain with the same rules in the same places, counters aside.
    fileprivate func isAlike(_ other: NATChain, _ set: String) -> Bool {
        chain.rules.count == other.rules.count && id == .natChain(set, other.name)
            && zip(chain.rules, other.rules).allSatisfy { $0.isSame(as: $1) }
    }
}
