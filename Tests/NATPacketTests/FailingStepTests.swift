import NATHost
import NATLab
import NATModel
import Testing

extension PacketTests {
    /// Breaks the first change, then the second, and so on, until the plan goes through.
    private static func expectRollback(_ box: BoxUnderTest, _ words: [String]) async throws {
        let before = try await box.state()
        var number = 1
        while true {
            try await Saboteur.arm(box, at: number, .refuse)
            let reply = try await Saboteur.run(box, words + ["--yes"])
            if reply.status == 0 { break }
            #expect(reply.status == 1, "step \(number): \(reply.error)")
            #expect(reply.error.contains("nothing is left of the change"))
            #expect(try await box.state() == before, "step \(number)")
            number += 1
            try #require(number < 40)
        }
        #expect(number > 1, "no step of \(words) was broken")
    }

    @Test func `a failing step at each position leaves the box as it was`() async throws {
        try await BoxUnderTest.with(.scenario.bare) { (box: BoxUnderTest) async throws in
            try await Self.expectRollback(box, ["setup"])
            try await Self.expectRollback(box, ["assign", Self.hostB, "eth1"])
            try await Self.expectRollback(box, ["release", Self.hostB])
        }
        try await BoxUnderTest.with(.scenario) { (box: BoxUnderTest) async throws in
            try await box.lab.output(
                in: "nat", "ip", "rule", "add", "from", Self.hostB, "lookup", "10001")
            try await box.lab.output(
                in: "nat", "iptables", "-t", "nat", "-D", "POSTROUTING", "-o", "eth1", "-s",
                "172.31.0.0/16", "-j", "MASQUERADE")
            try await Self.expectRollback(box, ["assign", Self.hostB, "eth1"])
            try await Self.expectRollback(box, ["assign", Self.hostB, "eth0"])
            try await Self.expectRollback(box, ["release", Self.hostB])
        }
    }

    @Test func `a verification that fails takes the change back`() async throws {
        try await BoxUnderTest.with(.scenario) { (box: BoxUnderTest) async throws in
            // A foreign rule that comes first decides for a part of the outside.
            try await box.lab.output(
                in: "nat", "ip", "rule", "add", "priority", "100", "to", "192.0.0.0/7", "lookup",
                "main")
            let before = try await box.state()
            let reply = try await box.run("assign", Self.hostB, "eth1", "--yes")
            #expect(reply.status == 1)
            #expect(reply.error.contains("the kernel sends it out of eth0 and not of eth1"))
            #expect(reply.error.contains("ip route get 192.0.2.9 from \(Self.hostB) iif eth0"))
            #expect(try await box.state() == before)
            let plan = try await box.run("assign", Self.hostB, "eth1", "--dry-run")
            #expect(
                plan.output.contains(
                    "rule 100 «from all to 192.0.0.0/7 lookup main» may decide for"))
        }
    }

    @Test func `what cannot be taken back is listed with the commands to type`() async throws {
        try await BoxUnderTest.with(.scenario) { (box: BoxUnderTest) async throws in
            let before = try await box.state()
            try await Saboteur.arm(box, at: 4, .refuseFromThenOn)
            let reply = try await Saboteur.run(box, ["assign", Self.hostB, "eth1", "--yes"])
            #expect(reply.status == 3)
            #expect(reply.error.contains("still there"))
            #expect(try await box.state() != before)
            // What is left keeps its journal: nothing new is begun on top of it.
            #expect(try await box.run("assign", Self.hostA, "eth1", "--yes").status == 2)
            for line in reply.error.components(of: "fix: ") {
                let words = line.split(separator: " ").map(String.init)
                let end = words.firstIndex { $0 == "natdeck:" } ?? words.count
                _ = try await box.lab.run(in: "nat", Command(Array(words[..<end])))
            }
            #expect(try await box.state() == before)
            try await box.done("recover", "--yes")
            #expect(try await box.state() == before)
            try await box.done("assign", Self.hostB, "eth1", "--yes")
        }
    }

    @Test func `recover tries again what could not be taken back`() async throws {
        try await BoxUnderTest.with(.scenario) { (box: BoxUnderTest) async throws in
            let before = try await box.state()
            try await Saboteur.arm(box, at: 4, .refuseFromThenOn)
            let reply = try await Saboteur.run(box, ["assign", Self.hostB, "eth1", "--yes"])
            #expect(reply.status == 3)
            try await box.done("recover", "--yes")
            #expect(try await box.state() == before)
        }
    }
}

extension String {
    /// What follows each `mark`, up to the next.
    fileprivate func components(of mark: String) -> [String] {
        var parts: [String] = []
        var rest = self[...]
        while let start = rest.firstRange(of: mark) {
            rest = rest[start.upperBound...]
            parts.append(String(rest[..<(rest.firstRange(of: mark)?.lowerBound ?? rest.endIndex)]))
        }
        return parts
    }
}
