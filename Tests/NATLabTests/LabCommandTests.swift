import NATHost
import NATLab
import NATModel
import Testing

extension LabTests {
    private static let nobody = [
        "setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", "--",
    ]

    /// Whether somebody who is not root may run the program here, and make a user namespace.
    private static func isOpenToNobody() async -> Bool {
        let probe = ["unshare", "--user", "--map-root-user", "--net", "--mount"]
        guard let program = try? LabExecutable.natdeck() else { return false }
        let reply = try? await SystemRunner().run(
            Command(nobody + probe + ["test", "-x", program]))
        return reply?.status == 0
    }

    @Test func `lab exec passes the exit status through`() async throws {
        let program = try LabExecutable.natdeck()
        try await Self.withLab(.scenario) { lab in
            let exec = [program, "lab", "exec", "--prefix", lab.prefix]
            let reply = try await SystemRunner().run(
                Command(exec + ["nat", "--", "awk", "BEGIN { exit 7 }"]))
            #expect(reply.status == 7)
            // Or Ctrl-C would not end what runs there.
            let masks = try await SystemRunner().run(
                Command(exec + ["ec2-a", "grep", "SigBlk", "/proc/self/status"]))
            #expect(
                String(decoding: masks.output, as: UTF8.self) == "SigBlk:\t0000000000000000\n")
            let unknown = try await SystemRunner().run(Command(exec + ["ec2-z", "true"]))
            #expect(unknown.status == 64)
        }
        let none = try await SystemRunner().run(
            Command(program, "lab", "exec", "--prefix", "t-no-such-lab", "nat", "true"))
        #expect(none.status == 1)
        #expect(none.error.contains("natdeck lab up --prefix t-no-such-lab"))
    }

    @Test func `the demonstration ends with its program's status and leaves nothing`() async throws
    {
        let reply = try await SystemRunner().run(
            Command(
                LabExecutable.natdeck(), "demo", "--", "lab", "exec", "--prefix", "none", "nat",
                "ls"),
            input: nil, deadline: .seconds(20))
        // Inside the box no lab is to be seen.
        #expect(reply.status == 1)
        #expect(reply.error.contains("lab none: it is not up"))
        #expect(try await Self.machine("ip", "netns", "list").contains("natdeck-demo") == false)
    }

    @Test(
        .enabled("nobody may not run the program or make user namespaces here") {
            await isOpenToNobody()
        })
    func `the demonstration works without root`() async throws {
        let reply = try await SystemRunner().run(
            Command(Self.nobody + [LabExecutable.natdeck(), "demo", "--", "--help"]), input: nil,
            deadline: .seconds(20))
        #expect(reply.status == 0, "\(reply.error)")
        #expect(String(decoding: reply.output, as: UTF8.self).contains("USAGE"))
    }
}
