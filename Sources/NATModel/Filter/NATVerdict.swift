/// What the nat tables of a box do to the source address of what a host sends outside: all that
/// may happen.
///
/// The base chains are passed in the order of their priorities; the first translation wins, and
/// a chain that lets a packet pass does not end the search. Source: nf_nat_inet_fn in the kernel.
public struct NATVerdict: Hashable, Sendable {
    /// All that may happen, each end once, in the order in which the kernel would come to it.
    public var outcomes: [FilterOutcome]
    /// Where several things may happen: the first rules that may decide.
    public var doubts: [FilterCause]
    /// Whether it may come to the end of all chains, where a rule that is appended would be asked.
    public var reachesEnd: Bool

    /// What the chains of this index do to such a packet.
    ///
    /// - Parameter given: what natdeck's own chain is sure to do, and its place; `nil` for nothing.
    public init(
        of packet: ForwardedPacket, in index: FilterIndex,
        given: (priority: Int, outcomes: [FilterOutcome])? = nil
    ) {
        outcomes = []
        doubts = []
        reachesEnd = true
        var passing: FilterOutcome?
        var isOpen = true
        let before = index.groups.prefix { group in
            given.map { given in group.allSatisfy { $0.priority < given.priority } } ?? true
        }
        for group in before where isOpen {
            for base in group {
                let walk = index.walk(packet, in: base)
                var passes = false
                for outcome in walk.outcomes {
                    if outcome.end.keepsSource {
                        passes = true
                        // A rule that lets it pass says more than the end of a chain.
                        if passing?.cause.rule == nil { passing = outcome }
                    } else if !outcomes.contains(where: { $0.end == outcome.end }) {
                        outcomes.append(outcome)
                    }
                }
                doubts += walk.doubts
                if !passes { isOpen = false }
                if !walk.reachesEnd { reachesEnd = false }
            }
        }
        if isOpen, let given {
            outcomes += given.outcomes.filter { new in
                !outcomes.contains { $0.end == new.end }
            }
            isOpen = false
            reachesEnd = false
        }
        if isOpen {
            outcomes.append(passing ?? FilterOutcome(.passes, by: .nothing))
        }
        if outcomes.count < 2 {
            doubts = []
        } else if doubts.isEmpty {
            // Chains whose order is not known.
            doubts = outcomes.map(\.cause)
        }
        doubts = Array(doubts.prefix(FilterWalk.mostDoubts))
    }

    /// The same where a rule may hide the packet from conntrack before, or is sure to.
    func besides(_ cause: FilterCause, _ match: RuleMatch) -> NATVerdict {
        var verdict = self
        let untouched = FilterOutcome(.passes, by: cause)
        if match == .always {
            (verdict.outcomes, verdict.doubts, verdict.reachesEnd) = ([untouched], [], false)
        } else if !outcomes.contains(where: { $0.end == .passes }) {
            verdict.outcomes.append(untouched)
            verdict.doubts = Array(([cause] + doubts).prefix(FilterWalk.mostDoubts))
        }
        return verdict
    }

    /// The only thing that can happen; `nil` where several can.
    public var onlyOutcome: FilterOutcome? {
        outcomes.count == 1 && outcomes.first?.end != .unknown ? outcomes.first : nil
    }

    /// The rule that is sure to translate; `nil` where none is.
    public var translation: NATRule? {
        guard let outcome = onlyOutcome, !outcome.end.keepsSource, outcome.end != .dropped else {
            return nil
        }
        return outcome.cause.rule
    }

    /// The rule that is sure to keep it from being translated, or drops it; `nil` where none is.
    public var exemption: FilterCause? {
        guard !reachesEnd, let outcome = onlyOutcome,
            outcome.end.keepsSource || outcome.end == .dropped,
            outcome.cause.rule != nil
        else { return nil }
        return outcome.cause
    }
}

extension FilterCause {
    /// Where no chain is.
    static let nothing = FilterCause(
        nil,
        in: FilterBase(
            program: "iptables", family: "ip", table: "nat", chain: "POSTROUTING",
            policy: "ACCEPT"))
}
