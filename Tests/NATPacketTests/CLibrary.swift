import FoundationEssentials
import Glibc
import NATHost
import NATLab
import NATModel
import Testing

/// A library in C that is loaded before those of a program on the box.
enum CLibrary {
    /// clang, which lies beside the Swift compiler and links every Swift program; natdeck's own
    /// runner looks into root's folders alone.
    private static var compiler: String? {
        let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
        return path.split(separator: ":").map { "\($0)/clang" }
            .first { access($0, X_OK) == 0 }
    }

    /// Compiles a file of Tests/StepFaults into a file of the box, unless it is there.
    static func compile(_ name: String, to path: String, in box: BoxUnderTest) async throws {
        if try await box.lab.run(in: "nat", Command("test", "-e", path)).status == 0 { return }
        let tests = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        let source = tests.appending(path: "StepFaults/\(name)").path()
        let compiler = try #require(compiler, "no clang in PATH")
        let reply = try await box.lab.run(
            in: "nat", Command(compiler, "-shared", "-fPIC", source, "-o", path))
        #expect(reply.status == 0, "\(reply.error)")
    }
}
