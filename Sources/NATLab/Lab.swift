import NATHost
import NATModel

/// A lab that stands: the scenario in network namespaces on one machine.
///
/// ```swift
/// let lab = try await Lab.up(.scenario.named("test-1"))
/// try await lab.run(in: "nat", Command("ip", "rule", "add", "from", "172.31.26.176", …))
/// await lab.seenAs("ec2-b")  // "203.0.113.195"
/// try await lab.down()
/// ```
package struct Lab: Sendable {
    /// First part of its namespaces' names.
    package let prefix: String
    /// The names of its machines, the NAT box first.
    package let machines: [String]
    /// The `natdeck-lab` program that its servers are run with.
    package let executable: String

    /// Whether `up` found it standing, and built nothing.
    package private(set) var wasStanding = false

    let state: LabState

    private init(state: LabState, machines: [String], executable: String) {
        prefix = state.prefix
        self.state = state
        self.machines = machines
        self.executable = executable
    }

    /// Builds the lab, or finds that it stands already.
    ///
    /// What a crash has left of one is removed first. When building fails, everything is removed.
    ///
    /// - Parameter executable: the `natdeck-lab` program; `nil` for the one that
    ///   `LabExecutable` finds.
    @discardableResult
    package static func up(
        _ topology: Topology = .scenario, executable: String? = nil
    ) async throws(LabError) -> Lab {
        if let complaint = topology.complaint {
            throw LabError("lab \(topology.prefix.strippedOfControls)", complaint, status: 64)
        }
        try LabAccess.check()
        let executable = try LabExecutable.path(or: executable)
        let lock = try await LabLock.take()
        defer { withExtendedLifetime(lock) {} }
        let state = LabState(prefix: topology.prefix)
        var lab = Lab(state: state, machines: topology.names, executable: executable)
        let servers = LabServers(lab: lab)
        if let complete = state.complete {
            guard complete == topology.fingerprint else {
                throw LabError(
                    "lab \(topology.prefix)", "another topology stands under this name",
                    fix: "natdeck lab down --prefix \(topology.prefix)")
            }
            if servers.areHealthy(topology) {
                lab.wasStanding = true
                return lab
            }
        }
        if state.exists { try await LabDemolition(state: state).run() }
        do {
            try await state.create(LabTools())
            try SmallFile.write(
                topology.names.joined(separator: "\n"), to: state.machinesFile)
            try await LabBuilder(topology: topology, lab: lab).build()
            try await servers.start(topology)
            try SmallFile.write(topology.fingerprint, to: state.completeFile)
        } catch {
            // What is left is found by the next `up` or `down`; what is told is why it failed.
            try? await LabDemolition(state: state).run()
            throw error
        }
        return lab
    }

    /// The lab that stands under this name; `nil` where none does.
    package static func standing(
        prefix: String, executable: String? = nil
    ) throws(LabError) -> Lab? {
        if let complaint = Topology.complaint(prefix: prefix) {
            throw LabError("lab \(prefix.strippedOfControls)", complaint, status: 64)
        }
        let state = LabState(prefix: prefix)
        guard state.complete != nil, let machines = state.machines else { return nil }
        let executable = try LabExecutable.path(or: executable)
        return Lab(state: state, machines: machines, executable: executable)
    }

    /// Ends every process of the lab and removes it; does nothing where there is none.
    ///
    /// - Returns: whether there was anything to remove.
    @discardableResult
    package static func down(prefix: String) async throws(LabError) -> Bool {
        if let complaint = Topology.complaint(prefix: prefix) {
            throw LabError("lab \(prefix.strippedOfControls)", complaint, status: 64)
        }
        try LabAccess.check()
        let lock = try await LabLock.take()
        defer { withExtendedLifetime(lock) {} }
        let state = LabState(prefix: prefix)
        guard state.exists else { return false }
        try await LabDemolition(state: state).run()
        return true
    }

    /// Ends every process of this lab and removes it.
    package func down() async throws(LabError) {
        try await Self.down(prefix: prefix)
    }

    /// How a program gets into a machine of the lab.
    package func entrance(to machine: String) throws(LabError) -> Entrance {
        guard machines.contains(machine) else {
            throw LabError(
                machine.strippedOfControls,
                "no such machine; there are \(machines.joined(separator: ", "))", status: 64)
        }
        return try Entrance(state: state, machine: machine)
    }

    /// What runs programs inside a machine of the lab.
    package func runner(in machine: String) throws(LabError) -> LabRunner {
        LabRunner(entrance: try entrance(to: machine))
    }
}
