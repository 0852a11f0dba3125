import NATModel

/// The steps by which the map in natdeck's nft table steers sources.
///
/// It marks what they send, and the rule for the mark leads to the table of their egress. Rules for
/// a few networks that hold all of them close whatever has no mark, for as long as somebody has
/// flushed the table; what lies there and is not steered is marked as free, and passes by them.
struct MapSteps {
    /// The map before the plan says anything new; `nil` where no map steers, before or after.
    let before: SourceMap?
    /// What has connections of sources that come to the map remembered before it steers them.
    private(set) var remembering: [Step] = []
    /// Entries that come or change, and networks that are going to be closed.
    private(set) var entries: [Step] = []
    /// What closes those networks, and opens others.
    private(set) var closing: [Step] = []
    /// Entries that go, and networks that are closed no more.
    private(set) var leaving: [Step] = []
    /// What closed networks need: a table that leads nowhere.
    private(set) var table: [Step] = []
    /// The networks that are closed once the plan is carried out.
    private(set) var closed: [IPv4Prefix] = []

    /// - Parameters:
    ///   - changes: what the plan says of its sources.
    ///   - others: the sources that the plan steers by rules, or that nothing is to keep any more.
    ///   - cleansUp: whether a table that nobody needs any more goes with all others.
    ///   - remembered: the sources outside the map whose connections are remembered; `nil` where no
    ///     connection is to stay.
    ///   - refusesOpening: whether nothing else keeps closed what a flushed map has steered.
    ///   - arranged: the box as rules of the plan leave it.
    init(
        _ box: Box, _ changes: [MapChange], others: [IPv4Prefix], cleansUp: Bool,
        remembered: [IPv4Prefix]?, refusesOpening: Bool, on arranged: Snapshot
    ) throws(PlanRefusal) {
        let present = box.rules.filter(\.isClosing).compactMap(\.source)
        let isNeeded = box.method == .map || changes.contains { !$0.removes }
        before = box.snapshot.map ?? (isNeeded ? SourceMap() : nil)
        guard let before else { return }
        var map = before
        map.make(changes)
        if refusesOpening { try Self.refuseOpening(changes, map, box, present, others) }
        let exceptions = Self.exceptions(&map, arranged)
        let changes = Self.combined(changes, exceptions, on: before)
        closed = SourceCover.networks(
            of: Self.closedSources(map, box, present, others), present: present)
        let covered = before.cover
        let new = closed.filter { !covered.contains($0) }
        let gone = Set(covered).subtracting(closed).sorted()
        let first = changes.filter { Self.isFirst($0, from: before, to: map) }
        let last = changes.filter { !Self.isFirst($0, from: before, to: map) }
        remembering =
            remembered.map { Self.remembering(first, from: before, besides: $0, box) } ?? []
        // What is about to be closed is told from what is free before it is. A network within another
        // one comes and goes along with that one: what is free there is so all the while.
        let joined = gone.filter { part in new.contains { $0.contains(part) } }
        let split = new.filter { part in gone.contains { $0.contains(part) } }
        func added(_ networks: [IPv4Prefix]) -> [MapChange] {
            networks.map { .cover($0, isAdded: true) }
        }
        func removed(_ networks: [IPv4Prefix]) -> [MapChange] {
            networks.map { .cover($0, isAdded: false) }
        }
        let whole = new.filter { !split.contains($0) }
        let left = gone.filter { !joined.contains($0) }
        entries = (first + added(whole) + removed(joined)).map(Self.step)
        leaving = (last + added(split) + removed(left)).map(Self.step)
        closing =
            closed.filter { !present.contains($0) }.map {
                Steering.add(Steering.close($0), "close \($0) to what the map has not marked")
            }
            + Set(present).subtracting(closed).sorted().map {
                Steering.delete(
                    Steering.close($0), "close \($0) no more to what the map has not marked")
            }
        guard !closed.isEmpty else {
            let unused = box.table(Ownership.closedTable).flatMap { $0.isOwned ? $0 : nil }
            if box.method == .rule, !cleansUp { closing += unused.map(TableSteps.delete) ?? [] }
            return
        }
        let internals = try InternalDestinations(box)
        table =
            (box.table(Ownership.closedTable) ?? FIBTable(id: Ownership.closedTable, routes: []))
            .closing(internals)
    }

    /// The steps that let sources which come to the map be free in it first: what is in it is
    /// remembered. A connection that nobody remembers would go another way in the middle.
    ///
    /// What is closed by now has none, and must not be opened for a moment.
    private static func remembering(
        _ changes: [MapChange], from before: SourceMap, besides remembered: [IPv4Prefix], _ box: Box
    ) -> [Step] {
        let others = SourceSet(remembered)
        return changes.compactMap { change in
            guard case .entry(let source, nil, let number?) = change, number != SourceMap.free,
                before.entry(for: source) == nil,
                !others.holding(source.network).contains(where: { $0.length <= source.length }),
                box.facts.decision(for: source).interface != nil,
                box.facts.gatedEgress(of: source) == nil
            else { return nil }
            return Step(
                "remember by which egress connections of \(source) begin",
                .steer(.entry(source, from: nil, to: SourceMap.free)))
        }
    }

    /// What rules go on steering although the map steers a wider network: rules of ours, and those of
    /// others that came before our rule for that network.
    private static func exceptions(_ map: inout SourceMap, _ arranged: Snapshot) -> [MapChange] {
        guard map.count > 0 else { return [] }
        var free: Set<IPv4Prefix> = []
        for rule in arranged.rules.value ?? [] where rule.isPlainSourceLookup {
            guard let source = rule.source, map[source] ?? SourceMap.free == SourceMap.free,
                let wider = map.entry(for: source), wider.number != SourceMap.free,
                rule.isOwned || rule.priority < Ownership.priority(for: wider.source)
            else { continue }
            free.insert(source)
        }
        let stale = map.entries.filter { $0.number == SourceMap.free && !free.contains($0.source) }
        let changes =
            free.sorted().map { MapChange.entry($0, from: map[$0], to: SourceMap.free) }
            .filter { !map.isSo($0) }
            + stale.filter { entry in
                // It may be what keeps another one free.
                !(arranged.rules.value ?? []).contains {
                    $0.source == entry.source && $0.isPlainSourceLookup
                }
            }.map { MapChange.entry($0.source, from: SourceMap.free, to: nil) }
        map.make(changes)
        return changes
    }

    /// The changes of the map with its exceptions: of two for one source the last is what counts.
    private static func combined(
        _ changes: [MapChange], _ exceptions: [MapChange], on before: SourceMap
    ) -> [MapChange] {
        let excepted = Set(exceptions.compactMap(\.source))
        return changes.filter { change in !(change.source.map(excepted.contains) ?? false) }
            + exceptions.map { change in
                guard case .entry(let source, _, let number) = change else { return change }
                return .entry(source, from: before[source], to: number)
            }.filter { !before.isSo($0) }
    }

    /// Whether a change comes before the rules that the plan makes and deletes. No source is left to
    /// the box's other rules in between: it is steered by the map until its rule is there, and again
    /// before its rule goes.
    private static func isFirst(
        _ change: MapChange, from before: SourceMap, to after: SourceMap
    ) -> Bool {
        func steers(_ map: SourceMap, _ source: IPv4Prefix) -> Bool {
            map.entry(for: source).map { $0.number != SourceMap.free } ?? false
        }
        switch change {
        case .entry(let source, _, SourceMap.free?): return !steers(before, source)
        case .entry(_, _, .some): return true
        case .entry(let source, let number, nil):
            return number == SourceMap.free && steers(after, source)
        case .cover(_, let isAdded): return isAdded
        }
    }

    /// What the map steers, and what it steered before somebody flushed it: that stays closed until
    /// it is steered again.
    private static func closedSources(
        _ map: SourceMap, _ box: Box, _ present: [IPv4Prefix], _ others: [IPv4Prefix]
    ) -> [IPv4Prefix] {
        let open = Set(others)
        return map.entries.filter { $0.number != SourceMap.free }.map(\.source)
            + lost(map, box, present).filter {
                !open.contains($0) && box.ownedRules(for: $0).isEmpty
            }
    }

    /// What the map steered before somebody flushed it, and does not by now.
    private static func lost(
        _ map: SourceMap, _ box: Box, _ present: [IPv4Prefix]
    ) -> [IPv4Prefix] {
        if present.isEmpty { return [] }
        let saved = (box.snapshot.saved.value ?? nil) ?? []
        // What has no address of its own is steered by rules where those are the method.
        let steered =
            box.method == .map
            ? saved.map(\.source) : saved.filter { !$0.egress.addresses.isEmpty }.map(\.source)
        return map.missing(of: steered).filter { source in
            present.contains { $0.contains(source) }
        }
    }

    /// Refuses a map for some while hosts are closed that the flushed one steered: what is closed and
    /// not in the map is free.
    private static func refuseOpening(
        _ changes: [MapChange], _ map: SourceMap, _ box: Box, _ present: [IPv4Prefix],
        _ others: [IPv4Prefix]
    ) throws(PlanRefusal) {
        guard case .value(let gate?) = box.snapshot.gate, gate.isEmpty,
            changes.contains(where: { !$0.removes })
        else { return }
        let named = Set(changes.compactMap(\.source) + others)
        let closed = lost(map, box, present).filter {
            !named.contains($0) && box.ownedRules(for: $0).isEmpty
        }
        guard !closed.isEmpty else { return }
        throw PlanRefusal(
            list(closed),
            (closed.count == 1 ? "it is" : "they are")
                + " closed since somebody flushed natdeck's nft table, and a new one would open"
                + (closed.count == 1 ? " it" : " them"),
            fix: "natdeck apply")
    }

    private static func step(_ change: MapChange) -> Step {
        let summary =
            switch change {
            case .entry(let source, _, let number?) where number != SourceMap.free:
                "mark what \(source) sends for table \(Ownership.table(of: number))"
            case .entry(let source, _, .some):
                "let rules go on steering \(source), whatever network of it is marked"
            case .entry(let source, _, nil): "mark what \(source) sends no more"
            case .cover(let network, true): "mark what is free in \(network)"
            case .cover(let network, false): "mark nothing in \(network) as free any more"
            }
        return Step(summary, .steer(change))
    }
}

extension MapChange {
    /// The source whose entry it is about; `nil` for a closed network.
    fileprivate var source: IPv4Prefix? {
        if case .entry(let source, _, _) = self { source } else { nil }
    }

    /// Whether it takes something out of the map.
    fileprivate var removes: Bool {
        switch self {
        case .entry(_, _, let number): number == nil
        case .cover(_, let isAdded): !isAdded
        }
    }
}
