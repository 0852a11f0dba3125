import NATModel

/// One subnet of the VPC: a bridge in the router's namespace, with the gateway's address.
struct LabSegment: Hashable, Sendable {
    /// The subnet.
    let subnet: IPv4Prefix
    /// The router's address in it.
    let gateway: IPv4Address
    /// The bridge's name in the router's namespace.
    let bridge: String
    /// Whether the router sends what comes from here to the NAT box.
    let leadsToBox: Bool
}

extension Topology {
    /// The subnets of interfaces and hosts, each once.
    ///
    /// A host's subnet that no interface is in is one whose route table leads to the NAT box.
    var segments: [LabSegment] {
        var segments: [LabSegment] = []
        for interface in interfaces {
            guard let subnet = interface.subnet, !segments.contains(where: { $0.subnet == subnet })
            else { continue }
            segments.append(
                LabSegment(
                    subnet: subnet, gateway: interface.gateway, bridge: "br\(segments.count)",
                    leadsToBox: false))
        }
        for host in hosts where !segments.contains(where: { $0.subnet == host.subnet }) {
            segments.append(
                LabSegment(
                    subnet: host.subnet, gateway: host.gateway, bridge: "br\(segments.count)",
                    leadsToBox: true))
        }
        return segments
    }

    /// The bridge that a subnet is on; `nil` where the topology has no such subnet.
    func bridge(of subnet: IPv4Prefix?) -> String? {
        segments.first { $0.subnet == subnet }?.bridge
    }
}
