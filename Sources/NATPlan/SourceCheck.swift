public import NATModel

extension IPv4Prefix {
    /// Reads a source as an operator types it: an address or a prefix.
    ///
    /// - Throws: a refusal that says what was meant, where host bits are set or it is IPv6.
    public static func source(_ text: String) throws(PlanRefusal) -> IPv4Prefix {
        let shown = text.strippedOfControls
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

extension Box {
    /// Refuses a source whose move would break more than it moves.
    func check(_ source: IPv4Prefix) throws(PlanRefusal) {
        let name = source.length == 0 ? "0.0.0.0/0" : source.description
        if source.length == 0 {
            throw PlanRefusal(
                name, "that is every host and the box itself: change the default route instead")
        }
        let reserved = [
            ("127.0.0.0/8", "loopback"), ("224.0.0.0/4", "multicast"),
            ("0.0.0.0/8", "this network"),
            ("240.0.0.0/4", "reserved"),
        ]
        for (text, kind) in reserved {
            if let network = IPv4Prefix(text), network.overlaps(source) {
                throw PlanRefusal(name, "\(kind) addresses are no source hosts")
            }
        }
        for interface in interfaces {
            for own in interface.addresses where source.contains(own.address) {
                throw PlanRefusal(
                    name,
                    source.length == 32
                        ? "that is the box's own address on \(interface.name)"
                        : "it holds the box's own address \(own.address) on \(interface.name),"
                            + " whose traffic would move too",
                    fix: source.length == 32 ? nil : "name smaller prefixes, or the hosts")
            }
        }
    }
}
