import Glibc
import NATHost
import NATModel

/// Removes a lab, complete or half built.
struct LabDemolition: Sendable {
    let state: LabState
    private let tools = LabTools()

    init(state: LabState) {
        self.state = state
    }

    /// Ends the processes, then deletes the namespaces, then the state directory.
    /// Removes it also where whoever asks is cancelled: each command would be ended at once.
    func run() async throws(LabError) {
        let removal = Task { () async -> Result<Void, LabError> in
            do throws(LabError) { return .success(try await remove()) } catch {
                return .failure(error)
            }
        }
        try await removal.value.get()
    }

    private func remove() async throws(LabError) {
        // The list is written before the first namespace is made; without it there are none.
        let machines = (state.machines ?? []).filter { access(state.namespaceFile($0), F_OK) == 0 }
        for machine in machines { try await endProcesses(of: machine) }
        for machine in machines {
            try await tools.deleteNamespace(state.namespace(machine))
        }
        try await state.remove(tools)
    }

    private func endProcesses(of machine: String) async throws(LabError) {
        for _ in 0..<100 {
            let command = Command("ip", "netns", "pids", state.namespace(machine))
            let reply = try await tools.run(command)
            // A namespace whose making was cut short is an ordinary file, and has no processes.
            guard reply.status == 0 else { return }
            let processes = String(decoding: reply.output, as: UTF8.self).split(separator: "\n")
                .compactMap { Int32($0) }.filter { $0 != getpid() }
            if processes.isEmpty { return }
            for process in processes { kill(process, SIGKILL) }
            try? await Task.sleep(for: .milliseconds(20))
        }
        throw LabError(
            state.namespace(machine), "its processes do not end",
            fix: "ip netns pids \(state.namespace(machine))")
    }
}
