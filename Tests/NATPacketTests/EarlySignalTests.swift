import NATHost
import NATLab
import NATModel
import Testing

extension PacketTests {
    /// Runs natdeck, which is sent SIGTERM as soon as it has said what is to become of that.
    ///
    /// - Returns: its exit status; 137 where it went on for ten seconds.
    private static func early(_ box: BoxUnderTest, _ words: [String]) async throws -> Int32 {
        let library = "/run/early_signal.so"
        try await CLibrary.compile("early_signal.c", to: library, in: box)
        let command = Command(
            ["timeout", "-s", "KILL", "10", "env", "LD_PRELOAD=\(library)", box.natdeck] + words)
        return try await box.lab.run(in: "nat", command, deadline: .seconds(30)).status
    }

    @Test func `a signal that comes as a change begins has it taken back`() async throws {
        try await BoxUnderTest.with(.scenario) { (box: BoxUnderTest) async throws in
            let before = try await box.state()
            let status = try await Self.early(box, ["assign", Self.hostB, "eth1", "--yes"])
            #expect(status == 1 || status == 2, "\(status)")
            #expect(try await box.state() == before)
            #expect(try await box.lab.seenAs("ec2-b") == Self.first)
        }
    }

    @Test func `a signal that comes as the guard begins ends it`() async throws {
        try await BoxUnderTest.with(.scenario) { (box: BoxUnderTest) async throws in
            #expect(try await Self.early(box, ["guard"]) == 0)
        }
    }

    @Test(arguments: [false, true])
    func `a signal that natdeck was begun to ignore, as by nohup, changes nothing`(
        isIgnored: Bool
    ) async throws {
        try await BoxUnderTest.with(.scenario) { (box: BoxUnderTest) async throws in
            try await Saboteur.arm(box, at: 1, .endBefore)
            let words = [box.natdeck, "assign", Self.hostB, "eth1", "--yes"]
            let reply = try await Saboteur.run(
                BoxUnderTest(lab: box.lab, natdeck: "env"),
                (isIgnored ? ["--ignore-signal=TERM"] : []) + words)
            #expect(reply.status == (isIgnored ? 0 : 1), "\(reply.error)")
            #expect(try await box.lab.seenAs("ec2-b") == (isIgnored ? Self.second : Self.first))
        }
    }
}
