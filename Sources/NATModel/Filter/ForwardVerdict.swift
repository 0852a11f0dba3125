/// Whether a box lets through what a host sends outside: the base chains at the hook `forward` of
/// both backends and of nftables. One that accepts does not end the search; one that drops does.
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
        self.packet = packet
        var drops: [FilterCause] = []
        var doubts: [FilterCause] = []
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
        self.drops = drops
        self.doubts = drops.isEmpty ? Array(doubts.prefix(FilterWalk.mostDoubts)) : []
    }

    /// Whether it is sure to get through.
    public var passes: Bool { drops.isEmpty && doubts.isEmpty }

    /// Whether it is sure to be lost.
    public var isDropped: Bool { !drops.isEmpty }

    /// The commands that let it through, one for each base chain that drops it.
    public var openingCommands: [Command] {
        drops.map { $0.base.opening(packet) }
    }
}

extension FilterBase {
    /// The command that has this chain accept such packets before any other rule of it is asked.
    fileprivate func opening(_ packet: ForwardedPacket) -> Command {
        if isOfIPTables {
            let table = table == "filter" ? [] : ["-t", table]
            let input = packet.input.map { ["-i", $0] } ?? []
            return Command(
                [program] + table + ["-I", chain] + input + [
                    "-o", packet.output, "-s", packet.source.description, "-j", "ACCEPT",
                ])
        }
        let input = packet.input.map { ["iifname", $0] } ?? []
        return Command(
            [NATRuleSet.nft, "insert", "rule", family, table, chain] + input + [
                "oifname", packet.output, "ip", "saddr", packet.source.description, "accept",
            ])
    }
}
