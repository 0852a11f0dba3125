public import NATModel

extension IPv4Prefix {
    /// Reads a source as an operator types it: an address or a prefix.
    ///
    /// - Throws: a refusal that says what was meant, where host bits are set or it is IPv6.
    public static func source(_ text: String) throws(PlanRefusal) -> IPv4Prefix {
        let shown = text.strippedOfControls
        if shown.isEmpty {
            throw PlanRefusal(
                "the source", "it is empty", fix: "such as 172.31.26.176 or 10.0.3.0/24")
        }
        if let prefix = IPv4Prefix(text) { return prefix }
        if let (address, length) = split(text) {
            let network = IPv4Prefix(address, length: length)
            throw PlanRefusal(
                shown, "host bits are set beyond /\(length)",
                fix: "say \(network.network)/\(length) for the network or \(address) for the host")
        }
        if text.contains(":") {
            throw PlanRefusal(shown, "natdeck moves IPv4 sources only, and this looks like IPv6")
        }
        throw PlanRefusal(
            shown, "not an IPv4 address or prefix", fix: "such as 172.31.26.176 or 10.0.3.0/24")
    }
}

extension IPv4Prefix {
    /// What no source host and no gateway has an address in: what such an address is, for a
    /// sentence. `nil` where the network has none of them.
    ///
    /// Source: RFC 6890.
    var reserved: String? {
        Self.reservedNetworks.first { $0.network.overlaps(self) }?.kind
    }

    private static let reservedNetworks = [
        ("127.0.0.0/8", "a loopback address"), ("224.0.0.0/4", "a multicast address"),
        ("0.0.0.0/8", "an address of «this network»"), ("240.0.0.0/4", "a reserved address"),
        ("169.254.0.0/16", "a link-local address"),
    ].compactMap { text, kind in IPv4Prefix(text).map { (network: $0, kind: kind) } }
}

extension Box {
    /// Refuses a source whose move would break more than it moves.
    func check(_ source: IPv4Prefix) throws(PlanRefusal) {
        try checkNetwork(
            source, all: "that is every host and the box itself: change the default route instead")
        for interface in interfaces {
            for own in interface.addresses {
                if source == IPv4Prefix(own.address) {
                    throw PlanRefusal(
                        name(source), "that is the box's own address on \(interface.name)")
                }
                if own.network.length < 31, source == IPv4Prefix(own.network.last) {
                    throw PlanRefusal(
                        name(source),
                        "that is the broadcast address of \(own.network) on \(interface.name)")
                }
            }
        }
    }

    /// Refuses a network to masquerade that has no hosts, or all there are.
    func checkMasqueraded(_ source: IPv4Prefix) throws(PlanRefusal) {
        try checkNetwork(source, all: "that is every host there is: name those behind this box")
        if source.length == 32 { try check(source) }
    }

    private func checkNetwork(_ source: IPv4Prefix, all: String) throws(PlanRefusal) {
        if source.length == 0 { throw PlanRefusal(name(source), all) }
        if let kind = source.reserved {
            throw PlanRefusal(
                name(source),
                source.length == 32 ? "that is \(kind), and no host's" : "it holds \(kind)")
        }
    }

    private func name(_ source: IPv4Prefix) -> String {
        source.length == 0 ? "0.0.0.0/0" : source.description
    }

    /// What to mind where a source is a gateway of the box; `nil` where it is none.
    func gatewayWarning(_ source: IPv4Prefix) -> String? {
        guard source.length == 32, gateways.contains(source.network) else { return nil }
        return "\(source) is a gateway of this box, and not a host behind it"
    }
}
