/// What the packet filters of a box do to forwarded packets, indexed once for many questions.
///
/// Plans, status, dashboard and doctor ask here: `nat` for the address a host leaves with, then
/// `NATVerdict.answer` with the egress and the next hop of its route; `forward` for whether it gets
/// that far. What is not sure is said with the rules on which it depends.
public struct BoxFilters: Sendable {
    private let natIndex: FilterIndex?
    private let forwardIndex: FilterIndex?

    /// The filters of this snapshot.
    public init(_ snapshot: Snapshot) {
        natIndex = snapshot.nat.value.map { FilterIndex($0, at: .postrouting) }
        forwardIndex = snapshot.forward.value.map { FilterIndex($0, at: .forward) }
    }

    /// The filters that these tables hold.
    public init(nat: [NATRuleSet]?, forward: [NATRuleSet]?) {
        natIndex = nat.map { FilterIndex($0, at: .postrouting) }
        forwardIndex = forward.map { FilterIndex($0, at: .forward) }
    }

    /// What happens to the source address; `nil` where the nat tables could not be read.
    public func nat(_ packet: ForwardedPacket) -> NATVerdict? {
        natIndex.map { NATVerdict(of: packet, in: $0) }
    }

    /// Whether it gets through the box; `nil` where the filters could not be read.
    public func forward(_ packet: ForwardedPacket) -> ForwardVerdict? {
        forwardIndex.map { ForwardVerdict(of: packet, in: $0) }
    }
}

extension Snapshot {
    /// What happens to the source address of this packet; `nil` where the nat tables could not be
    /// read. For many questions make `BoxFilters` once.
    public func natVerdict(_ packet: ForwardedPacket) -> NATVerdict? {
        BoxFilters(nat: nat.value, forward: nil).nat(packet)
    }

    /// Whether this packet gets through the box; `nil` where the filters could not be read.
    public func forwardVerdict(_ packet: ForwardedPacket) -> ForwardVerdict? {
        BoxFilters(nat: nil, forward: forward.value).forward(packet)
    }

    /// The address `source` leaves `interface` with; `nil` where the nat tables could not be read,
    /// or there is no such interface.
    public func natAnswer(
        _ source: IPv4Prefix, leavingBy name: String, nextHop: IPv4Address?,
        filters: BoxFilters? = nil
    ) -> NATAnswer? {
        guard let egress = egressInterface(name) else { return nil }
        let packet = ForwardedPacket(source: source, output: name)
        let filters = filters ?? BoxFilters(nat: nat.value, forward: nil)
        return filters.nat(packet)?.answer(source, on: egress, nextHop: nextHop)
    }
}
