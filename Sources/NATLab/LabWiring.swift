import NATModel

/// The lines of `ip -batch` that wire each machine up.
enum LabWiring {
    /// The router's table for what comes from subnets that lead to the NAT box.
    private static let tableToBox = 100

    /// Bridges, both ends of every link, and the router's own addresses.
    static func router(_ topology: Topology) -> [String] {
        var lines = ["link set lo up"]
        for segment in topology.segments {
            lines += [
                "link add \(segment.bridge) type bridge",
                "address add \(segment.gateway)/\(segment.subnet.length) dev \(segment.bridge)",
                "link set \(segment.bridge) up",
            ]
        }
        for (index, interface) in topology.interfaces.enumerated() {
            guard let bridge = topology.bridge(of: interface.subnet) else { continue }
            lines += port(
                "nic\(index)", on: bridge,
                peer: "\(interface.name) address \(interface.mac)", of: topology, Topology.box)
        }
        for (index, host) in topology.hosts.enumerated() {
            guard let bridge = topology.bridge(of: host.subnet) else { continue }
            lines += port("host\(index)", on: bridge, peer: "eth0", of: topology, host.name)
        }
        lines += [
            "link add outside type veth peer name eth0 netns "
                + topology.namespace(Topology.outsideHost),
            "address add \(Topology.outside)/24 dev outside",
            "link set outside up",
        ]
        if topology.hasMetadata { lines.append("address add \(Topology.metadata)/32 dev lo") }
        return lines + routesToBox(topology)
    }

    private static func port(
        _ name: String, on bridge: String, peer: String, of topology: Topology, _ machine: String
    ) -> [String] {
        [
            "link add \(name) type veth peer name \(peer) netns \(topology.namespace(machine))",
            "link set \(name) master \(bridge) up",
        ]
    }

    /// What a VPC's route table with the NAT box as default does.
    private static func routesToBox(_ topology: Topology) -> [String] {
        let leading = topology.segments.filter(\.leadsToBox)
        guard !leading.isEmpty, let box = topology.interfaces.first?.addresses.first else {
            return []
        }
        return topology.segments.map {
            "route add \($0.subnet) dev \($0.bridge) table \(tableToBox)"
        } + ["route add default via \(box.privateAddress) table \(tableToBox)"]
            + leading.map { "rule add iif \($0.bridge) lookup \(tableToBox) priority 100" }
    }

    /// The internet knows the public addresses and nothing of the VPC.
    static var internet: [String] {
        [
            "link set lo up",
            "address add \(Topology.internet)/24 dev eth0",
            "link set eth0 up",
            "route add 203.0.113.0/24 via \(Topology.outside)",
        ]
    }

    /// A host has one interface and one default route.
    static func host(_ host: LabHost) -> [String] {
        [
            "link set lo up",
            "address add \(host.address)/\(host.prefixLength) dev eth0",
            "link set eth0 up",
            "route add default via \(host.gateway)",
        ]
    }

    /// The NAT box as it is after its interfaces were attached.
    static func box(_ topology: Topology) -> [String] {
        var lines = ["link set lo up"]
        for (index, interface) in topology.interfaces.enumerated() {
            lines += interface.addresses.map {
                "address add \($0.privateAddress)/\(interface.prefixLength) brd + dev "
                    + interface.name
            }
            lines.append("link set \(interface.name) up")
            let route = "route add default via \(interface.gateway) dev \(interface.name)"
            if let table = interface.table {
                lines += ["\(route) table \(table)", "\(route) metric \(table)"]
                // Without a priority, as ec2-net-utils adds them: the first one gets 32765.
                lines += interface.addresses.map {
                    "rule add from \($0.privateAddress) lookup \(table)"
                }
            } else {
                // Several defaults in table main need different metrics.
                lines.append(index == 0 ? route : "\(route) metric \(10000 + index)")
            }
        }
        return lines
    }
}
