import NATHost
import NATLab
import NATModel
import Testing

/// Boxes whose map steers hosts with addresses of their own, while something goes wrong.
extension PacketTests {
    /// A box with a map, on which host A leaves by the second address.
    private static func withMap(
        _ body: (BoxUnderTest) async throws -> Void
    ) async throws {
        try await BoxUnderTest.with(.twoAddresses) { (box: BoxUnderTest) async throws in
            try await steerByMap(box)
            try await box.done("assign", hostA, second, "--yes")
            try await body(box)
        }
    }

    /// Rules, routes and what the table of natdeck holds, whichever of it was made first.
    private static func steered(_ box: BoxUnderTest) async throws -> [String] {
        let words =
            "ip rule; ip -4 route show table all; nft -s list table ip natdeck | grep . | sort;"
            + " iptables-save -t nat | grep -v '^[#:]'; cat /etc/natdeck/assignments"
        return try await box.lab.output(in: "nat", "sh", "-c", words).split(separator: "\n").map {
            String($0).strippedOfControls
        }
    }

    @Test(arguments: ["assign", "move", "release", "network"])
    func `killed at any step on a box with a map and addresses, recover takes it back`(
        deed: String
    ) async throws {
        try await Self.withMap { (box: BoxUnderTest) async throws in
            var words = ["assign", Self.hostB, Self.third]
            switch deed {
            case "move":
                try await box.done("assign", Self.hostB, "eth0", "--yes")
            case "release":
                try await box.done("assign", Self.hostB, Self.third, "--yes")
                words = ["release", Self.hostB]
            case "network": words = ["assign", "172.31.26.0/24", "\(Self.second),\(Self.third)"]
            default: break
            }
            let before = try await Self.steered(box)
            let seen = try await box.lab.seenAs("ec2-b")
            var killed = 0
            try await Saboteur.killEverywhere(box, words) { number in
                killed += 1
                try await box.done("recover", "--yes")
                #expect(try await Self.steered(box) == before, "\(words): change \(number)")
                #expect(try await box.lab.seenAs("ec2-b") == seen)
                #expect(try await box.lab.seenAs("ec2-a") == Self.second)
            } done: {
                try await box.done("undo", "--yes")
                #expect(try await box.lab.seenAs("ec2-b") == seen)
                #expect(try await box.lab.seenAs("ec2-a") == Self.second)
            }
            #expect(killed > 2)
        }
    }

    @Test func `two natdecks at once on a box with a map: one waits or is refused, none is lost`()
        async throws
    {
        try await Self.withMap { (box: BoxUnderTest) async throws in
            for round in 0..<4 {
                let egress = round.isMultiple(of: 2) ? "eth0" : Self.third
                async let first = box.run("assign", Self.hostB, egress, "--yes")
                async let other = box.run("assign", Self.hostA, egress, "--yes")
                let replies = try await [first, other]
                let hosts = ["ec2-b", "ec2-a"]
                for (reply, host) in zip(replies, hosts) where reply.status == 0 {
                    let wanted = egress == "eth0" ? Self.first : Self.third
                    #expect(try await box.lab.seenAs(host) == wanted, "\(reply)")
                }
                #expect(replies.contains { $0.status == 0 }, "\(replies)")
                for reply in replies where reply.status != 0 {
                    #expect([2, 4].contains(reply.status), "\(reply)")
                }
            }
        }
    }

    @Test func `no map is made beside hosts that a flush has closed`() async throws {
        try await Self.withMap { (box: BoxUnderTest) async throws in
            try await box.lab.output(in: "nat", "sh", "-e", "-c", Self.watchAddresses)
            try await box.done("assign", Self.hostB, Self.third, "--yes")
            try await box.lab.output(in: "nat", "nft", "delete", "table", "ip", "natdeck")
            try await box.flooded(seconds: 4) {
                let refused = try await box.run("assign", "172.31.26.0/24", Self.second, "--yes")
                #expect(refused.status == 2, "\(refused)")
                #expect(refused.error.contains("closed since somebody flushed"), "\(refused)")
                #expect(refused.error.contains("\(Self.hostA), \(Self.hostB): they"), "\(refused)")
                #expect(refused.error.contains("fix: natdeck apply"), "\(refused)")
                try await box.done("apply", "--yes")
                try await box.done("assign", "172.31.26.0/24", Self.second, "--yes")
            }
            #expect(try await box.lab.seenAs("ec2-b") == Self.third)
            #expect(try await box.counted("second") == 0)
            #expect(try await box.counted("primary") == 0)
        }
    }

    @Test(arguments: [third, "203.0.113.99"])
    func `a line with a public IP that nobody ever applied is closed at boot`(
        address: String
    ) async throws {
        try await BoxUnderTest.with(.twoAddresses) { (box: BoxUnderTest) async throws in
            func write(_ address: String) async throws {
                try await box.lab.output(
                    in: "nat", "sh", "-c",
                    "mkdir -p /etc/natdeck; echo '\(Self.hostB) \(address)' > /etc/natdeck/assignments"
                )
            }
            try await box.lab.output(in: "nat", "sh", "-e", "-c", Self.watchAddresses)
            try await write(address)
            try await GuardUnderTest.with(box) { (keeper: GuardUnderTest) async throws in
                try await box.lab.output(in: "nat", "nft", "reset", "counters")
                try await box.flooded(seconds: 3) {}
                #expect(try await box.counted("second") == 0)
                #expect(try await box.counted("primary") == 0)
                let isKnown = address == Self.third
                #expect(try await box.lab.seenAs("ec2-b") == (isKnown ? Self.third : nil))
                #expect(try await box.lab.seenAs("ec2-a") == Self.first)
                let status = try await box.run("status", "--json").output
                #expect(status.contains(#""blocked":true"#) == !isKnown, "\(status)")
                // Once it is known which address it is, the host leaves by it.
                try await write(Self.third)
                for _ in 0..<10 {
                    if try await box.lab.seenAs("ec2-b", seconds: 1) == Self.third { break }
                }
                #expect(try await box.lab.seenAs("ec2-b") == Self.third)
            }
        }
    }

    @Test func `where others have all bits of marks, a move says how many connections end`()
        async throws
    {
        try await BoxUnderTest.with(.scenario) { (box: BoxUnderTest) async throws in
            // What copies whole marks leaves no bit.
            try await box.lab.output(
                in: "nat", "iptables", "-t", "mangle", "-A", "PREROUTING", "-i", "eth9", "-j",
                "CONNMARK", "--restore-mark")
            let held = try await HeldConnections.held(7, from: "ec2-b", in: box, seconds: 6) {
                let shown = try await box.run("assign", Self.hostB, "eth1", "--dry-run")
                #expect(shown.output.contains("7 live connections, end and start anew"), "\(shown)")
                #expect(
                    shown.output.contains("every bit of the marks is somebody else's"), "\(shown)")
                try await box.done("assign", Self.hostB, "eth1", "--yes")
                #expect(try await box.lab.seenAs("ec2-b") == Self.second)
            }
            #expect(held.lost == 7)
            let other = try await box.run("assign", Self.hostB, Self.first, "--yes")
            #expect(other.status == 0, "\(other)")
            try await box.done("setup", "--remove", "--yes")
            try await box.expectNothingOurs()
        }
    }
}
