import Glibc
import NATHost
import NATModel

/// The background processes of a lab, each a `natdeck-lab lab serve` inside one machine.
package enum LabServer: String, CaseIterable, Sendable {
    /// Answers every GET with the caller's address.
    case echo
    /// Speaks AWS's instance metadata service, version 2.
    case metadata
    /// Fetches from the echo server in a loop.
    case traffic
    /// Holds the NAT box's mount namespace, and does nothing else.
    case keeper
    /// Removes the lab when the process it watches has ended.
    case guardian

    /// The name of this server's files in the state directory.
    func name(on machine: String) -> String { "\(rawValue)-\(machine)" }

    /// Does the server's work; does not return before its end.
    ///
    /// - Parameters:
    ///   - prefix: the lab's prefix.
    ///   - machine: the machine whose namespace this process is in.
    ///   - index: the number of the host, so that hosts differ in their traffic.
    ///   - watched: the process whose end the guardian waits for.
    package func run(
        prefix: String, machine: String, index: Int, watched: pid_t?
    ) async throws(LabError) {
        let state = LabState(prefix: prefix)
        let name = name(on: machine)
        guard self != .guardian else {
            ServerProcess.detach(log: nil)
            return try await LabGuardian(prefix: prefix).run(watched)
        }
        ServerProcess.detach(log: state.log(name))
        let ready: @Sendable () throws -> Void = { try ServerProcess.announce(state, name) }
        do {
            switch self {
            case .echo:
                try await HTTPService(answer: EchoPage.answer)
                    .run(on: Topology.internet, ready: ready)
            case .metadata:
                let service = MetadataService(tree: MetadataTree(root: state.metadataRoot))
                try await HTTPService(answer: { service.answer($0) })
                    .run(on: Topology.metadata, ready: ready)
            case .traffic:
                try ready()
                try await TrafficGenerator(index: index).run()
            case .keeper:
                try ready()
                while true { try await Task.sleep(for: .seconds(86_400)) }
            case .guardian: break
            }
        } catch {
            throw LabError("lab server \(name)", "\(error)")
        }
    }
}
