import NATHost
import NATLab
import NATModel
import Testing

/// The watch over a change that awaits its keep, and what happens where there is none.
extension PacketTests {
    private static func put(_ program: String, _ script: String, _ box: BoxUnderTest) async throws {
        let path = "/run/programs/\(program)"
        try await box.lab.output(in: "nat", "mkdir", "-p", "/run/programs")
        try await box.lab.run(in: "nat", Command("tee", path), input: "#!/bin/sh\n\(script)\n")
        try await box.lab.output(in: "nat", "chmod", "755", path)
    }

    /// The watch of this box, and of no other that runs beside it.
    private static func killWatch(_ box: BoxUnderTest, _ signal: String = "KILL") async throws {
        let id = try await box.lab.output(in: "nat", "cat", "/run/natdeck/watch")
        let reply = try await SystemRunner().run(
            Command("pkill", "-\(signal)", "-f", "revert-timer \(id.strippedOfControls)"))
        #expect(reply.status == 0)
    }

    @Test func `without a watch that lives no change is begun`() async throws {
        try await BoxUnderTest.with(.scenario) { (box: BoxUnderTest) async throws in
            let before = try await box.state()
            try await Self.put("setsid", "exit 0", box)
            let reply = try await box.lab.run(
                in: "nat",
                box.command(
                    ["assign", Self.hostB, "eth1", "--yes", "--keep-within", "5"],
                    programs: "/run/programs"))
            #expect(reply.status == 2)
            #expect(reply.error.contains("the watch over the change did not start"))
            #expect(try await box.state() == before)
            try await Self.expectNoWatch(box)
        }
    }

    @Test func `where systemd runs the watch is a unit of its own`() async throws {
        try await BoxUnderTest.with(.scenario) { (box: BoxUnderTest) async throws in
            let before = try await box.state()
            try await box.lab.output(in: "nat", "mkdir", "-p", "/run/systemd/system")
            try await Self.put(
                "systemd-run",
                "echo \"$*\" > /run/programs/said; while [ \"$1\" != -- ]; do shift; done; shift\n"
                    + "setsid -f \"$@\" < /dev/null > /dev/null 2>&1", box)
            let reply = try await box.lab.run(
                in: "nat",
                box.command(
                    ["assign", Self.hostB, "eth1", "--yes", "--keep-within", "2"],
                    programs: "/run/programs"))
            #expect(reply.status == 0, "\(reply.error)")
            let said = try await box.lab.output(in: "nat", "cat", "/run/programs/said")
            #expect(said.contains(" --property=Restart=always "))
            #expect(said.contains(" --property=RestartPreventExitStatus=0 "))
            #expect(said.contains(" --property=StartLimitIntervalSec=0 "))
            #expect(said.contains("\(box.natdeck) revert-timer "))
            _ = try await Self.waitUntil(box, is: before, seconds: 4)
            try await Self.expectNoWatch(box)
        }
    }

    @Test(arguments: ["TERM", "INT", "HUP"])
    func `a watch that a signal would end takes the change back first`(signal: String) async throws
    {
        try await BoxUnderTest.with(.scenario) { (box: BoxUnderTest) async throws in
            let before = try await box.state()
            try await box.done("assign", Self.hostB, "eth1", "--yes", "--keep-within", "300")
            try await Self.killWatch(box, signal)
            _ = try await Self.waitUntil(box, is: before, seconds: 5)
            try await Self.expectNoWatch(box)
            #expect(try await box.run("history").output.contains("reverted by timer"))
        }
    }

    @Test func `a natdeck that is stopped half-way does not keep its change for ever`()
        async throws
    {
        try await BoxUnderTest.with(.scenario) { (box: BoxUnderTest) async throws in
            let before = try await box.state()
            try await Saboteur.arm(box, at: 3, .freezeAt)
            let reply = try await Saboteur.run(
                box, ["assign", Self.hostB, "eth1", "--yes", "--keep-within", "2"])
            #expect(reply.status == 137)
            _ = try await Self.waitUntil(box, is: before, seconds: 5)
            try await Self.expectNoWatch(box)
            #expect(try await box.lab.seenAs("ec2-b") == Self.first)
        }
    }

    @Test func `what was not kept before a reboot is taken back by the guard, files too`()
        async throws
    {
        try await BoxUnderTest.with(.scenario.bare) { (box: BoxUnderTest) async throws in
            let before = try await box.state()
            try await box.done("setup", "--yes", "--keep-within", "300")
            try await Self.killWatch(box)
            // What a reboot takes along; the routes and rules go back below.
            try await box.lab.output(in: "nat", "rm", "-r", "/run/natdeck")
            try await GuardUnderTest.with(box) { (keeper: GuardUnderTest) async throws in
                _ = try await Self.waitUntil(box, is: before, seconds: 7)
                try await keeper.wait(forNews: "a change whose watch is gone: taken back")
            }
            #expect(try await box.run("history").output.contains("reverted by guard"))
        }
    }

    @Test func `a guard takes back what a killed watch has left`() async throws {
        try await BoxUnderTest.with(.scenario) { (box: BoxUnderTest) async throws in
            let before = try await box.state()
            try await GuardUnderTest.with(box) { (keeper: GuardUnderTest) async throws in
                try await box.done("assign", Self.hostB, "eth1", "--yes", "--keep-within", "2")
                try await Self.killWatch(box)
                _ = try await Self.waitUntil(box, is: before, seconds: 7)
                try await keeper.wait(forNews: "a change whose watch is gone: taken back")
            }
        }
    }

    @Test func `without a guard the next natdeck says so, and either way is open`() async throws {
        try await BoxUnderTest.with(.scenario) { (box: BoxUnderTest) async throws in
            let before = try await box.state()
            for finishes in [false, true] {
                try await box.done("assign", Self.hostB, "eth1", "--yes", "--keep-within", "1")
                // Before its time it is not unfinished.
                #expect(try await box.run("recover", "--yes").status == 2)
                try await Self.killWatch(box)
                try await Task.sleep(for: .seconds(4))
                #expect(try await box.run("status").output.contains("natdeck recover"))
                let words = finishes ? ["--finish"] : []
                let reply = try await box.lab.run(
                    in: "nat", Command([box.natdeck, "recover", "--yes"] + words))
                #expect(reply.status == 0, "\(reply.error)")
                let said = String(decoding: reply.output, as: UTF8.self)
                #expect(said == (finishes ? "kept\n" : "taken back\n"))
                #expect(try await (box.state() == before) != finishes)
            }
            #expect(try await box.lab.seenAs("ec2-b") == Self.second)
            #expect(
                try await box.lab.output(in: "nat", "cat", "/etc/natdeck/assignments")
                    .contains(Self.hostB))
        }
    }

    @Test func `what cannot be taken back is tried again, and told once`() async throws {
        try await BoxUnderTest.with(.scenario) { (box: BoxUnderTest) async throws in
            let before = try await box.state()
            let assign = ["assign", Self.hostB, "eth1", "--yes", "--keep-within"]
            try await Saboteur.arm(box, at: 99, .refuse)
            let counted = try await Saboteur.run(box, assign + ["60"])
            #expect(counted.status == 0, "\(counted.error)")
            let steps = try await box.lab.output(in: "nat", "cat", "/run/saboteur/count")
            let number = try #require(Int(steps.strippedOfControls))
            try #require(number > 4)
            try await box.done("revert")
            #expect(try await box.state() == before)
            // The steps of the change go through, and nothing after them.
            try await Saboteur.arm(box, at: number + 1, .refuseFromThenOn)
            let reply = try await Saboteur.run(box, assign + ["1"])
            #expect(reply.status == 0, "\(reply.error)")
            try await Task.sleep(for: .seconds(6))
            let path = "/var/log/natdeck/history.jsonl"
            let history = try await box.lab.output(in: "nat", "cat", path)
            #expect(history.split(separator: "\n").count { $0.contains("\"leftovers\"") } == 1)
            #expect(try await box.run("status").output.contains("natdeck recover"))
            // The kernel permits it again.
            try await Saboteur.arm(box, at: 99, .refuse)
            _ = try await Self.waitUntil(box, is: before, seconds: 20)
            try await Self.expectNoWatch(box)
        }
    }
}
