import Glibc
import NATHost
import NATLab
import NATModel
import Testing

/// Tests that need namespaces; one after the other, since they share the machine's processors.
@Suite(
    .serialized,
    .enabled(if: LabAccess.complaint == nil, "needs root, or unshare --map-root-user with a /run"))
struct LabTests {
    /// Runs `body` with a lab of its own, and removes the lab whatever happens.
    static func withLab(
        _ topology: Topology, _ body: (Lab) async throws -> Void
    ) async throws {
        let lab = try await Lab.up(topology.named(prefix()))
        do {
            try await body(lab)
        } catch {
            try await lab.down()
            throw error
        }
        try await lab.down()
    }

    /// A name no other test and no other run has.
    static func prefix() -> String { "t\(getpid())-\(UInt16.random(in: 0...UInt16.max))" }

    /// What a program of the machine itself says.
    static func machine(_ words: String...) async throws -> String {
        let reply = try await SystemRunner().run(Command(words))
        return String(decoding: reply.output, as: UTF8.self)
    }

    /// What is left of a lab a moment after it was removed: a process that was killed takes one to
    /// end, and so does a child of a builder that was.
    static func lasting(of prefix: String) async throws -> [String] {
        var remains: [String] = []
        for _ in 0..<20 {
            remains = try await Self.remains(of: prefix)
            if remains.isEmpty { return [] }
            try await Task.sleep(for: .milliseconds(50))
        }
        return remains
    }

    /// What there is of a lab: namespaces, files, processes.
    static func remains(of prefix: String) async throws -> [String] {
        let namespaces = try await machine("ip", "netns", "list").split(separator: "\n")
            .filter { $0.hasPrefix("\(prefix)-") }
        let files = try await machine("find", "/run/natdeck-lab", "-name", prefix)
        let processes = try await machine("pgrep", "-a", "-f", prefix)
        return (namespaces + files.split(separator: "\n") + processes.split(separator: "\n"))
            .map(String.init)
    }
}
