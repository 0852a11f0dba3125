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
                let walk = index.walk(packet, in: base)
                let losing = walk.outcomes.filter { !$0.end.keepsSource }
                guard let first = losing.first else { continue }
                if losing.count == walk.outcomes.count, losing.allSatisfy({ $0.end == .dropped }) {
                    drops.append(first.cause)
                } else {
                    doubts += losing.map(\.cause) + walk.doubts.filter { $0 != first.cause }
                }
            }
        }
        self.drops = drops
        self.doubts = drops.isEmpty ? Array(doubts.prefix(FilterWalk.mostDoubts)) : []
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

    /// The commands that let it through, one for each base chain that drops it; none where no rule
    /// there can tell such packets from others.
    public var openingCommands: [Command] {
        drops.compactMap { $0.base.opening(packet) }
    }

    /// What is dropped, after «drops»: `what 10.0.0.7 sends out of eth1`.
    ///
    /// - Parameter host: how the host is called there.
    public func whatIsDropped(of host: String) -> String {
        packet.direction == .out
            ? "what \(host) sends out of \(packet.output)"
            : "the answers to \(host) that come in by \(packet.output)"
    }
}

extension FilterBase {
    /// The command that has this chain accept such packets before any other rule of it is asked.
    fileprivate func opening(_ packet: ForwardedPacket) -> Command? {
        let isAnswer = packet.direction == .answer
        // There the host's address does not stand in it yet, and conntrack may not know it.
        if isAnswer, hook == .prerouting { return nil }
        let input = hook == .postrouting ? nil : packet.comesInBy
        let output = hook == .prerouting ? nil : packet.leavesBy
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
                + (isAnswer ? ["ct", "state", "related,established"] : []) + ["accept"])
    }
}
