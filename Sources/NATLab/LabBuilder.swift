import Glibc
import NATHost
import NATModel

/// Makes a topology's namespaces, links, addresses, routes and rules.
///
/// Every link is made inside a lab namespace, so nothing of the machine's own network is touched.
struct LabBuilder: Sendable {
    let topology: Topology
    let state: LabState
    let servers: LabServers
    private let tools = LabTools()

    init(topology: Topology, lab: Lab) {
        self.topology = topology
        state = lab.state
        servers = LabServers(lab: lab)
    }

    /// Builds everything but the servers.
    func build() async throws(LabError) {
        for name in topology.names {
            let namespace = topology.namespace(name)
            // What a builder that was killed has made since it was looked for.
            if access(state.namespaceFile(name), F_OK) == 0 {
                try await tools.deleteNamespace(namespace)
            }
            try await tools.require("ip", "netns", "add", namespace)
        }
        try await setKernelParameters()
        try await batch(Topology.router, LabWiring.router(topology))
        try await batch(Topology.outsideHost, LabWiring.internet)
        for host in topology.hosts { try await batch(host.name, LabWiring.host(host)) }
        try await batch(Topology.box, LabWiring.box(topology))
        try await mapAddresses()
        try await servers.startKeeper()
        try await BoxFiles(state: state).create(topology)
        if topology.isPrepared { try await prepare() }
    }

    /// Sets what would otherwise be inherited from the machine, before the first link is made.
    private func setKernelParameters() async throws(LabError) {
        // ip_forward comes first: writing it resets other parameters.
        try await sysctl(
            Topology.router, ["ip_forward=1"] + both("rp_filter=0") + both("send_redirects=0"))
        try await sysctl(Topology.outsideHost, ["ip_forward=0"] + both("rp_filter=0"))
        // The kernel's defaults, whatever the machine's are; and replies to ARP only by the
        // interface that has the address, as AWS does, or the counters would tell lies.
        try await sysctl(
            Topology.box,
            ["ip_forward=\(topology.isPrepared ? 1 : 0)"] + both("rp_filter=0")
                + both("send_redirects=1") + both("arp_ignore=1") + both("arp_announce=2"))
        for host in topology.hosts {
            // On AWS a redirect never gets a host past the NAT box, since routing is the VPC's.
            try await sysctl(
                host.name, ["ip_forward=0"] + both("rp_filter=0") + both("accept_redirects=0"))
        }
    }

    private func both(_ setting: String) -> [String] {
        ["conf/all/\(setting)", "conf/default/\(setting)"]
    }

    private func sysctl(_ machine: String, _ settings: [String]) async throws(LabError) {
        try await tools.require(
            Command(
                ["nsenter", "--net=\(state.namespaceFile(machine))", "--", "sysctl", "-q", "-w"]
                    + settings.map { "net/ipv4/\($0)" }))
    }

    private func batch(_ machine: String, _ lines: [String]) async throws(LabError) {
        try await tools.require(
            Command("ip", "-n", topology.namespace(machine), "-batch", "-"),
            input: lines.joined(separator: "\n") + "\n")
    }

    /// Maps private to public addresses in the router, and lets nothing else out.
    private func mapAddresses() async throws(LabError) {
        let mappings = topology.mappings
        var lines = ["*nat"]
        lines += mappings.flatMap {
            [
                "-A PREROUTING -d \($0.public) -j DNAT --to-destination \($0.private)",
                "-A POSTROUTING -o outside -s \($0.private) -j SNAT --to-source \($0.public)",
            ]
        }
        lines += ["COMMIT", "*filter"]
        lines += mappings.map { "-A FORWARD -o outside -s \($0.private) -j ACCEPT" }
        lines += ["-A FORWARD -o outside -j DROP", "COMMIT"]
        // The nft variant, because it takes no lock in the machine's /run.
        try await tools.require(
            Command(
                "nsenter", "--net=\(state.namespaceFile(Topology.router))", "--",
                "iptables-nft-restore"),
            input: lines.joined(separator: "\n") + "\n")
    }

    /// Sections 2 and 3 of the hand procedure, for each interface.
    private func prepare() async throws(LabError) {
        let names = topology.interfaces.map(\.name)
        try await sysctl(Topology.box, names.map { "conf/\($0)/send_redirects=0" })
        let rules = names.flatMap { name in
            topology.vpcNetworks.map { "-A POSTROUTING -o \(name) -s \($0) -j MASQUERADE" }
        }
        let restore = Command("\(topology.backend.program)-restore", "--noflush")
        try await tools.require(
            Entrance(state: state, machine: Topology.box).wrap(restore),
            input: (["*nat"] + rules + ["COMMIT", ""]).joined(separator: "\n"))
    }
}
