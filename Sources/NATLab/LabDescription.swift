import NATModel

/// What `natdeck lab up` says: what stands, and what to do with it.
package struct LabDescription: Sendable {
    private let topology: Topology
    private let stood: Bool

    /// A description of this lab, which stood already or was just built.
    package init(topology: Topology, stood: Bool) {
        self.topology = topology
        self.stood = stood
    }

    /// Several lines without a line end at the end.
    package var text: String {
        let width = topology.names.map(\.utf8.count).max() ?? 0
        let rows = machines.map { name, what in
            "  " + name + String(repeating: " ", count: width + 2 - name.utf8.count) + what
        }
        let suffix = topology.prefix == "natdeck-lab" ? "" : " --prefix \(topology.prefix)"
        let exec = "natdeck lab exec\(suffix)"
        let last = topology.hosts.last?.name ?? Topology.box
        return
            (["\(topology.prefix) \(stood ? "is already up" : "is up")"] + rows + [
                "Try:",
                "  \(exec) \(last) curl -s http://\(Topology.internet)/",
                "  \(exec) nat ip rule",
                "  natdeck lab down\(suffix)",
            ]).joined(separator: "\n")
    }

    private var machines: [(String, String)] {
        let interfaces = topology.interfaces.flatMap { interface in
            interface.addresses.map { address in
                "\(interface.name) \(address.privateAddress)"
                    + (address.publicAddress.map { " as \($0)" } ?? "")
            }
        }
        let box =
            interfaces.joined(separator: ", ") + (topology.isPrepared ? "" : " (not prepared)")
        let hosts = topology.hosts.map { ($0.name, "\($0.address) via \($0.gateway)") }
        let gateways = topology.segments.map(\.gateway.description).joined(separator: ", ")
        let metadata = topology.hasMetadata ? ", metadata server \(Topology.metadata)" : ""
        return [(Topology.box, box)] + hosts + [
            (Topology.router, gateways + metadata),
            (
                Topology.outsideHost,
                "\(Topology.internet), http://\(Topology.internet)/ tells the caller's address"
            ),
        ]
    }
}
