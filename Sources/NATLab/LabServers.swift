import Glibc
import NATHost
import NATModel

/// Starts a lab's servers and watches that they answer.
struct LabServers: Sendable {
    let lab: Lab
    private var state: LabState { lab.state }
    private let tools = LabTools()
    private static let patience = Duration.seconds(10)

    init(lab: Lab) {
        self.lab = lab
    }

    /// Starts the HTTP servers and waits until they listen.
    func start(_ topology: Topology) async throws(LabError) {
        if topology.hasMetadata {
            try SmallFile.makeDirectory(state.metadataRoot)
            try MetadataTree(root: state.metadataRoot).write(topology.metadataDocuments)
        }
        for (server, machine) in Self.wanted(topology) { try await launch(server, on: machine) }
        for (server, machine) in Self.wanted(topology) {
            try await waitUntilReady(server.name(on: machine))
        }
    }

    /// Starts the process that holds the NAT box's mount namespace, and makes that.
    func startKeeper() async throws(LabError) {
        try await launch(
            .keeper, on: Topology.box,
            within: ["unshare", "--mount", "--propagation", "slave", "--"])
        try await waitUntilReady(LabServer.keeper.name(on: Topology.box))
    }

    /// Starts a traffic generator on each host, unless it runs already.
    func startTraffic() async throws(LabError) {
        let fixed = [Topology.box, Topology.router, Topology.outsideHost]
        for (index, host) in lab.machines.filter({ !fixed.contains($0) }).enumerated() {
            let name = LabServer.traffic.name(on: host)
            guard ServerProcess.running(state, name) == nil else { continue }
            try await launch(.traffic, on: host, "--index", "\(index)")
            try await waitUntilReady(name)
        }
    }

    /// Whether all namespaces are there and all servers run.
    func areHealthy(_ topology: Topology) -> Bool {
        topology.names.allSatisfy { access(state.namespaceFile($0), F_OK) == 0 }
            && state.boxMounts != nil
            && Self.wanted(topology).allSatisfy {
                ServerProcess.running(state, $0.name(on: $1)) != nil
            }
    }

    private static func wanted(_ topology: Topology) -> [(LabServer, String)] {
        let echo = [(LabServer.echo, Topology.outsideHost)]
        return topology.hasMetadata ? echo + [(.metadata, Topology.router)] : echo
    }

    private func launch(
        _ server: LabServer, on machine: String, within: [String] = [], _ more: String...
    ) async throws(LabError) {
        try await tools.require(
            Command(
                ["nsenter", "--net=\(state.namespaceFile(machine))", "--"] + within + [
                    "setsid", "--fork", lab.executable, "lab", "serve", server.rawValue, "--prefix",
                    lab.prefix, "--machine", machine,
                ] + more))
    }

    private func waitUntilReady(_ name: String) async throws(LabError) {
        let start = ContinuousClock.now
        while ServerProcess.running(state, name) == nil {
            guard ContinuousClock.now - start < Self.patience else {
                let said = SmallFile.read(state.log(name))?.strippedOfControls ?? ""
                throw LabError(
                    "lab server \(name)",
                    "not ready in \(Self.patience.components.seconds) s"
                        + (said.isEmpty ? "" : ": \(said)"))
            }
            try? await Task.sleep(for: .milliseconds(5))
        }
    }
}
