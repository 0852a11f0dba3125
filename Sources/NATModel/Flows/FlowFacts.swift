/// A flow beside what the box makes of it.
public struct FlowFacts: Hashable, Sendable {
    /// The flow.
    public var flow: ConntrackFlow
    /// The interface whose address its answers are sent to, or that it came in by where it was
    /// forwarded from outside; `nil` where it leaves with an address that is none of the box's.
    public var interface: String?
    /// The address the outside sees it by; `nil` where that is not known.
    public var publicAddress: IPv4Address?
    /// Whether it leaves by where the rules send its source now, and with the address that natdeck
    /// gives it; `nil` where nobody knows, for one that came from outside, and for one that stays
    /// inside.
    public var agrees: Bool?
}

extension BoxFacts {
    /// What the box makes of a flow.
    ///
    /// - Parameter egress: where the rules send its source; `nil` where that is not known.
    public func facts(of flow: ConntrackFlow, leavingBy egress: String?) -> FlowFacts {
        if !flow.isSourceTranslated, let entrance = owner(of: flow.original.destination) {
            return FlowFacts(
                flow: flow, interface: entrance.interface.name,
                publicAddress: entrance.promisedAddress(of: flow.original.destination), agrees: nil)
        }
        let egress = flow.isToOutside ? egress : nil
        let owner = owner(of: flow.reply.destination, leavingBy: egress)
        let interface = owner?.interface.name
        let agrees = interface.flatMap { name in
            egress.map { egress in
                let source = IPv4Prefix(flow.original.source)
                let given = used(by: source, leavingBy: egress).addresses
                return egress == name && (given.isEmpty || given.contains(flow.reply.destination))
            }
        }
        return FlowFacts(
            flow: flow, interface: interface,
            publicAddress: owner?.promisedAddress(of: flow.reply.destination), agrees: agrees)
    }
}

extension ConntrackFlow {
    /// How it is, in the kernel's word for TCP, such as `ESTABLISHED`; else whether both sides have
    /// been heard.
    public var stateText: String {
        tcpState.map { Self.names[Int($0.rawValue)] } ?? (hasReplied ? "both ways" : "one way")
    }

    /// Source: `tcp_conntrack_names` in net/netfilter/nf_conntrack_proto_tcp.c.
    private static let names = [
        "NONE", "SYN_SENT", "SYN_RECV", "ESTABLISHED", "FIN_WAIT", "CLOSE_WAIT", "LAST_ACK",
        "TIME_WAIT", "CLOSE", "SYN_SENT2",
    ]

    /// How long ago it began, in milliseconds; `nil` where that is not told.
    ///
    /// - Parameter now: milliseconds since 1970-01-01 UTC.
    public func ageMilliseconds(at now: Int64) -> Int64? {
        beganAtNanoseconds.map { max(0, now - Int64(clamping: $0 / 1_000_000)) }
    }
}
