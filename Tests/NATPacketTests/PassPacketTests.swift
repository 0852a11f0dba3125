import NATHost
import NATLab
import NATModel
import Testing

/// What goes to internal networks passes by many rules for sources, tried with packets.
extension PacketTests {
    private static let pass = "4700:\tfrom all to 172.16.0.0/12 goto 5330 proto 201"

    /// Host B and fifteen others by eth1.
    private static func assignSixteen(_ box: BoxUnderTest) async throws {
        let lines = ([hostB] + (1...15).map { "172.31.27.\($0)" }).map { "\($0) eth1\\n" }
        try await box.lab.output(
            in: "nat", "sh", "-c", "printf '\(lines.joined())' > /etc/natdeck/assignments")
        try await box.done("apply", "--yes", "--yes-move-others")
    }

    private func expectWays(_ box: BoxUnderTest) async throws {
        #expect(try await box.lab.seenAs("ec2-b") == Self.second)
        #expect(try await box.lab.seenAs("ec2-a") == Self.first)
        for own in ["172.31.8.207", "172.31.8.208"] {
            let ping = Command("ping", "-c1", "-W1", own)
            #expect(try await box.lab.run(in: "ec2-b", ping).status == 0)
        }
    }

    @Test func `many rules let what is internal pass, and change nobody's way`() async throws {
        try await BoxUnderTest.with(.scenario) { (box: BoxUnderTest) async throws in
            let before = try await box.state()
            try await Self.assignSixteen(box)
            #expect(try await Self.ourRules(box).contains(Self.pass.strippedOfControls))
            let mark = ["sysctl", "-n", "net.ipv4.conf.eth1.src_valid_mark"]
            #expect(try await box.lab.run(in: "nat", Command(mark)).output == Array("1\n".utf8))
            for filter in ["0", "1", "2"] {
                try await box.lab.output(
                    in: "nat", "sysctl", "-q", "net.ipv4.conf.all.rp_filter=\(filter)",
                    "net.ipv4.conf.eth0.src_valid_mark=1")
                try await expectWays(box)
            }
            try await box.lab.output(
                in: "nat", "sysctl", "-q", "net.ipv4.conf.all.rp_filter=0",
                "net.ipv4.conf.eth0.src_valid_mark=0")
            // Somebody's table for an internal network is asked as before.
            try await box.ip("rule add pref 5100 to 172.31.0.0/16 lookup main")
            try await box.done("assign", "172.31.27.99", "eth1", "--yes")
            let passing = try await Self.ourRules(box).contains { $0.contains("goto") }
            #expect(!passing)
            try await expectWays(box)
            try await box.ip("rule del pref 5100")
            try await box.done("release", "172.31.27.99", "--yes")
            #expect(try await Self.ourRules(box).contains(Self.pass.strippedOfControls))

            try await box.done("setup", "--remove", "--yes")
            #expect(try await box.state() == before)
        }
    }

    @Test func `the guard brings back what lets internal traffic pass`() async throws {
        try await BoxUnderTest.with(.scenario) { (box: BoxUnderTest) async throws in
            try await Self.assignSixteen(box)
            try await GuardUnderTest.with(box) { keeper in
                for harm in ["ip rule del pref 4700", "ip rule del pref 5330"] {
                    try await keeper.restores(
                        "a pass", after: harm,
                        once: "ip rule | grep -q 'to 172.16.0.0/12 goto 5330 proto'"
                            + " && ip rule | grep -q '^5330:'")
                }
            }
            try await expectWays(box)
            try await box.done("setup", "--remove", "--yes")
        }
    }
}
