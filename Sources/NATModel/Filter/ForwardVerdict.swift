/// Whether a box lets through what a host sends outside, or the answers to it: the base chains of
/// both backends and of nftables that it passes. One that accepts does not end the search; one that
/// drops does.
public struct ForwardVerdict: Hashable, Sendable {
    /// What is sure to drop it, a rule or policy for each base chain that does; empty where nothing
    /// is sure to.
    public var drops: [FilterCause]
    /// What may drop it, where nothing is sure to; empty where it passes.
    public var doubts: [FilterCause]
    /// What was asked about.
    public var packet: ForwardedPacket

    /// What the chains of this index do to such a packet.
    public init(of packet: ForwardedPacket, in index: FilterIndex) {
        self.init(of: packet, in: [index])
    }

    /// What the chains of these indexes do to such a packet, one after the other.
    init(of packet: ForwardedPacket, in indexes: [FilterIndex]) {
        self.packet = packet
        var drops: [FilterCause] = []
        var doubts: [FilterCause] = []
        for index in indexes {
            for base in index.groups.joined() {
                let isPassed = index.match(packet, base)
                if isPassed == .never { continue }
                let walk = index.walk(packet, in: base)
                let losing = walk.outcomes.filter { !$0.end.keepsSource }
                guard let first = losing.first else { continue }
                if isPassed == .always, losing.count == walk.outcomes.count,
                    losing.allSatisfy({ $0.end == .dropped })
                {
                    drops.append(first.cause)
                } else {
                    doubts += losing.map(\.cause) + walk.doubts.filter { $0 != first.cause }
                }
            }
        }
        self.drops = drops
        guard drops.isEmpty else {
            self.doubts = []
            return
        }
        self.doubts = doubts.prefix(FilterWalk.mostDoubts).map { doubt in
            var doubt = doubt
            doubt.isOfAnswers = packet.direction == .answer
            return doubt
        }
    }

    /// Whether it is sure to get through.
    public var passes: Bool { drops.isEmpty && doubts.isEmpty }

    /// Whether it is sure to be lost.
    public var isDropped: Bool { !drops.isEmpty }

    /// What becomes of a connection: it needs the way of this verdict and that of another.
    func and(_ back: ForwardVerdict) -> ForwardVerdict {
        if isDropped { return self }
        if back.isDropped || passes { return back }
        var both = self
        both.doubts = Array((doubts + back.doubts).uniqued().prefix(FilterWalk.mostDoubts))
        return both
    }

    /// The same where a rule may hide it from conntrack, or is sure to: nothing translates it then,
    /// and what has a private address gets nowhere without.
    func besides(_ cause: FilterCause, _ match: RuleMatch) -> ForwardVerdict {
        var verdict = self
        if match == .always {
            (verdict.drops, verdict.doubts) = ([cause] + drops, [])
        } else if drops.isEmpty {
            verdict.doubts = Array(([cause] + doubts).uniqued().prefix(FilterWalk.mostDoubts))
        }
        return verdict
    }

    /// The same where rules may give it another destination.
    func besides(_ redirections: [FilterCause]) -> ForwardVerdict {
        if redirections.isEmpty || isDropped { return self }
        var verdict = self
        verdict.doubts = Array(
            (doubts + redirections).uniqued().prefix(FilterWalk.mostDoubts))
        return verdict
    }

    /// The commands that let it through, one for each base chain that drops it; none where no rule
    /// there can tell such packets from others.
    public var openingCommands: [Command] {
        drops.compactMap { $0.base.opening(packet) }
    }

    /// What is lost, and by what, in one sentence without a full stop.
    ///
    /// - Parameter host: how the host is called there.
    public func sentence(_ cause: FilterCause, of host: String) -> String {
        let isSure = isDropped
        let what =
            packet.direction == .out && !cause.isOfAnswers
            ? "what \(host) sends out of \(packet.output)"
            : "the answers to \(host) that come in by \(packet.output)"
        switch cause.harm {
        case .drop where cause.base.program == NATRuleSet.ipsec:
            return "a policy of IPsec \(isSure ? "drops" : "may drop") \(what): \(cause)"
        case .drop:
            return "a filter table \(isSure ? "drops" : "may drop") \(what) in its"
                + " \(cause.base.hook.rawValue.uppercased()) chain: \(cause)"
        case .hide:
            return "a rule \(isSure ? "hides" : "may hide") \(what) from conntrack, so that"
                + " nothing translates its address: \(cause)"
        case .redirect:
            return "a rule may redirect \(what), to the box itself perhaps: \(cause)"
        case .encrypt:
            return "IPsec \(isSure ? "takes" : "may take") \(what), so that it does not leave as"
                + " it is: \(cause)"
        }
    }
}

extension FilterBase {
    /// The command that has this chain accept such packets before any other rule of it is asked.
    fileprivate func opening(_ packet: ForwardedPacket) -> Command? {
        let isAnswer = packet.direction == .answer
        if hidesHost || [NATRuleSet.ipsec, NATRuleSet.traffic].contains(program) { return nil }
        // A chain of devices names them itself; rules of a bridge name its ports.
        let isRouted = [.prerouting, .forward, .postrouting].contains(hook)
        let input = hook == .postrouting || !isRouted ? nil : packet.comesInBy
        let output = hook == .prerouting || !isRouted ? nil : packet.leavesBy
        let host = packet.source.description
        if isOfIPTables {
            return Command(
                [program] + (table == "filter" ? [] : ["-t", table]) + ["-I", chain]
                    + (input.map { ["-i", $0] } ?? []) + (output.map { ["-o", $0] } ?? [])
                    + [isAnswer ? "-d" : "-s", host]
                    + (isAnswer ? ["-m", "conntrack", "--ctstate", "RELATED,ESTABLISHED"] : [])
                    + ["-j", "ACCEPT"])
        }
        return Command(
            [NATRuleSet.nft, "insert", "rule", family, table, chain]
                + (input.map { ["iifname", $0] } ?? []) + (output.map { ["oifname", $0] } ?? [])
                + ["ip", isAnswer ? "daddr" : "saddr", host]
                + (isAnswer && isRouted ? ["ct", "state", "related,established"] : [])
                + ["accept"])
    }
}
