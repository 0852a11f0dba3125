internal import NATModel
internal import NATScreen

/// What the parts of a flow mean on this box.
struct FlowReader {
    private let observed: Observed
    private let owners: [IPv4Address: EgressInterface]

    /// On the box that was observed.
    init(_ observed: Observed) {
        self.observed = observed
        owners = Dictionary(
            observed.egress.flatMap { nic in nic.ownAddresses.map { ($0, nic) } },
            uniquingKeysWith: { first, _ in first })
    }

    /// The address the outside sees it by, as text.
    func outside(_ flow: ConntrackFlow) -> String {
        let own = flow.reply.destination
        guard let nic = owners[own] else {
            return own == flow.original.source ? "its own" : "\(own)"
        }
        return nic.promisedAddress(of: own)?.description ?? "\(own)"
    }

    /// The interface it leaves by.
    func interface(_ flow: ConntrackFlow) -> String {
        owners[flow.reply.destination]?.interface.name ?? Figure.missing
    }

    /// Whether it leaves by where its host is wanted; `nil` where that is not known, or where it stays
    /// inside.
    func isAsWanted(_ flow: ConntrackFlow) -> Bool? {
        guard let nic = owners[flow.reply.destination],
            let entry = observed.host(IPv4Prefix(flow.original.source))
        else { return nil }
        let own = flow.reply.destination
        return entry.isWanted(by: nic.interface.name, as: nic.promisedAddress(of: own))
    }

    /// Address and port the outside sees, with the sign of whether that is wanted. Of a closed flow
    /// that is nothing to mend any more.
    func seen(_ flow: ConntrackFlow) -> TableCell {
        let port = flow.reply.destinationPort
        let hasPorts = Transport.hasPorts(flow.original.transport)
        let text = outside(flow) + (hasPorts ? ":\(port)" : "")
        guard flow.isLive else { return TableCell(text, Style(.dim)) }
        switch isAsWanted(flow) {
        case true?: return TableCell("\(text) ✓")
        case false?: return TableCell("\(text) ≠", Style(.bad))
        case nil: return TableCell(text, Style(.dim))
        }
    }

    /// How old it is; `–` where the kernel does not note when flows begin.
    static func age(_ flow: ConntrackFlow, atMilliseconds now: Int64) -> String {
        flow.ageMilliseconds(at: now).map { Figure.span(seconds: $0 / 1000) } ?? Figure.missing
    }

    /// How long it is remembered without a packet.
    static func left(_ flow: ConntrackFlow) -> String {
        flow.timeoutSeconds.map { Figure.span(seconds: Int64($0)) } ?? Figure.missing
    }
}
