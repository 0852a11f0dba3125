import NATHost
import NATLab
import NATModel
import Testing

extension Topology {
    /// The scenario with a second address on its second interface.
    static var twoAddresses: Topology {
        var topology = Topology.scenario
        topology.interfaces[1].addresses.append(
            LabAddress(
                privateAddress: IPv4Address(172, 31, 8, 209),
                publicAddress: IPv4Address(203, 0, 113, 196)))
        return topology
    }
}

/// Hosts that leave with one of several addresses of an interface, each with a public IP of its own.
extension PacketTests {
    static let third = "203.0.113.196"
    private static let own = "172.31.8.209"

    @Test(arguments: [third, own, "eth1/" + own])
    func `a host leaves by the public IP that is named, and nobody else does`(
        name: String
    ) async throws {
        try await BoxUnderTest.with(.twoAddresses) { (box: BoxUnderTest) async throws in
            let shown = try await box.run("assign", Self.hostB, name, "--dry-run").output
            #expect(shown.contains("and be seen as \(Self.third)"), "\(shown)")
            try await box.done("assign", Self.hostB, name, "--yes")
            #expect(try await box.lab.seenAs("ec2-b") == Self.third)
            #expect(try await box.lab.seenAs("ec2-a") == Self.first)
            var status = ""
            let held = try await HeldConnections.held(2, from: "ec2-b", in: box, seconds: 3) {
                status = try await box.run("status", "--json").output
            }
            #expect(held.seen == [Self.third])
            #expect(
                status.contains(
                    #""publicAddress":"\#(Self.third)","addresses":["\#(Self.own)"]"#), "\(status)")
            #expect(status.contains(#""agrees":true"#))
            #expect(!status.contains(#""agrees":false"#))
            let kept = try await box.lab.output(in: "nat", "cat", "/etc/natdeck/assignments")
            #expect(kept.contains("\(Self.hostB)      eth1/\(Self.own)"), "\(kept)")
            let again = try await box.run("assign", Self.hostB, name, "--yes")
            #expect(again.output.contains("already leaves by eth1 with \(Self.own)"), "\(again)")
            try await box.done("undo", "--yes")
            #expect(try await box.lab.seenAs("ec2-b") == Self.first)
            try await box.done("setup", "--remove", "--yes")
            try await box.expectNothingOurs()
        }
    }

    @Test func `a move between two addresses of an interface loses no connection`() async throws {
        try await BoxUnderTest.with(.twoAddresses) { (box: BoxUnderTest) async throws in
            try await box.done("assign", Self.hostB, "eth1", "--yes")
            let old = try await HeldConnections.held(50, from: "ec2-b", in: box, seconds: 9) {
                try await box.done("assign", Self.hostB, Self.third, "--yes")
                #expect(try await box.lab.seenAs("ec2-b") == Self.third)
                let new = try await HeldConnections.held(20, from: "ec2-b", in: box, seconds: 4) {
                    try await box.done("assign", Self.hostB, Self.second, "--yes")
                    #expect(try await box.lab.seenAs("ec2-b") == Self.second)
                    try await box.done("undo", "--yes")
                    #expect(try await box.lab.seenAs("ec2-b") == Self.third)
                }
                #expect(new.lost == 0)
                #expect(new.seen == [Self.third])
                try await box.done("release", Self.hostB, "--yes")
                #expect(try await box.lab.seenAs("ec2-b") == Self.first)
            }
            #expect(old.lost == 0)
            #expect(old.seen == [Self.second])
            let cut = try await HeldConnections.held(5, from: "ec2-b", in: box, seconds: 4) {
                try await box.done("assign", Self.hostB, "eth1", "--yes", "--cut")
                try await Task.sleep(for: .seconds(0.5))
            }
            #expect(cut.lost == 5)
            let moved = try await HeldConnections.held(5, from: "ec2-b", in: box, seconds: 4) {
                try await box.done("assign", Self.hostB, Self.third, "--yes", "--cut")
                try await Task.sleep(for: .seconds(0.5))
            }
            #expect(moved.lost == 5)
        }
    }

    @Test func `an address that leaves the box blocks its hosts until it is back`() async throws {
        try await BoxUnderTest.with(.twoAddresses) { (box: BoxUnderTest) async throws in
            try await box.done("assign", Self.hostB, Self.third, "--yes")
            try await box.done("assign", Self.hostA, Self.second, "--yes")
            try await GuardUnderTest.with(box) { (keeper: GuardUnderTest) async throws in
                try await keeper.restores(
                    "the addresses", after: "nft delete table ip natdeck",
                    once: "nft list map ip natdeck steer32 2> /dev/null | grep -q \(Self.hostB)")
                #expect(try await box.lab.seenAs("ec2-b") == Self.third)
                try await box.lab.output(
                    in: "nat", "ip", "address", "del", "\(Self.own)/16", "dev", "eth1")
                #expect(try await box.lab.seenAs("ec2-b") == nil)
                #expect(try await box.lab.seenAs("ec2-a") == Self.second)
                try await keeper.wait(forNews: "\(Self.own)")
                let status = try await box.run("status", "--json").output
                #expect(status.contains(#""blocked":true"#), "\(status)")
                let doctor = try await box.run("doctor").output
                #expect(doctor.contains("\(Self.own) is not of this box"), "\(doctor)")
                // It is not let out with its private address, and no NAT would help it.
                #expect(!doctor.contains("but no MASQUERADE"), "\(doctor)")
                try await box.lab.output(
                    in: "nat", "ip", "address", "add", "\(Self.own)/16", "dev", "eth1")
                for _ in 0..<20 {
                    if try await box.lab.seenAs("ec2-b", seconds: 1) == Self.third { break }
                }
                #expect(try await box.lab.seenAs("ec2-b") == Self.third)
                #expect(!(try await box.run("doctor").output.contains("is not of this box")))
            }
        }
    }

    @Test(arguments: [SteeringMethod.rule, .map])
    func `an address that leaves its interface is given to nobody, without a guard too`(
        method: SteeringMethod
    ) async throws {
        try await BoxUnderTest.with(.twoAddresses) { (box: BoxUnderTest) async throws in
            if method == .map { try await box.done("setup", "--steering", "map", "--yes") }
            try await box.done("assign", Self.hostB, Self.third, "--yes")
            try await box.done("assign", Self.hostA, "\(Self.second),\(Self.third)", "--yes")
            try await box.lab.output(in: "nat", "sh", "-e", "-c", Self.watchAddresses)
            // Hosts still answer what is sent to an address that is lost. Among so many flows some
            // have the ports of one before, which goes on as it began.
            for rule in [
                "ct mark set ct mark | 1", "ct mark & 1 == 1 accept", "ct state != new accept",
            ] {
                try await box.lab.output(in: "nat", "nft", "insert rule ip watch out \(rule)")
            }
            let change = { (words: String) async throws -> [Int] in
                try await box.lab.output(
                    in: "nat", "sh", "-e", "-c", "\(words); nft reset counters > /dev/null")
                try await Task.sleep(for: .seconds(1))
                var counts: [Int] = []
                for name in ["primary", "second", "third"] {
                    counts.append(try await box.counted(name))
                }
                return counts
            }
            try await box.flooded(seconds: 8) {
                #expect(try await change("true")[2] > 100)
                for words in [
                    "del \(Self.own)/16 dev eth1", "add \(Self.own)/32 dev eth0",
                    "del \(Self.own)/32 dev eth0",
                ] {
                    let counts = try await change("ip address \(words)")
                    #expect(counts == [0, 0, 0], "\(words)")
                }
                let status = try await box.run("status", "--json").output
                #expect(status.contains(#""blocked":true"#), "\(status)")
                #expect(try await box.run("doctor").output.contains("is not of this box"))
                let again = try await change("ip address add \(Self.own)/16 dev eth1")
                #expect(again[2] > 100)
                #expect(again[..<2] == [0, 0])
            }
            #expect(try await box.lab.seenAs("ec2-b") == Self.third)
            // The last bit of 175 is 1.
            #expect(try await box.lab.seenAs("ec2-a") == Self.third)
        }
    }

    @Test(arguments: [
        ("203.0.113.99", "no address of this box", "one of \(first) (172.31.8.207 on eth0)"),
        ("127.0.0.1", "an address of the loopback", "one of \(first)"),
        ("eth1/172.31.8.77", "it is no address of eth1", "eth1 has 172.31.8.208, \(own)"),
        ("\(first),\(third)", "a source leaves by one interface", "assign parts of the source"),
        ("\(third),\(own)", "it names an address twice", ""),
    ])
    func `an address that cannot be an egress is refused with those that can`(
        name: String, reason: String, fix: String
    ) async throws {
        try await BoxUnderTest.with(.twoAddresses) { (box: BoxUnderTest) async throws in
            let before = try await box.state()
            let answer = try await box.run("assign", Self.hostB, name, "--yes")
            #expect(answer.status == 2)
            #expect(answer.error.contains(reason), "\(answer.error)")
            #expect(answer.error.contains(fix), "\(answer.error)")
            #expect(try await box.state() == before)
        }
    }

    @Test func `the file names a public IP, and a boot brings its host back to it`() async throws {
        try await BoxUnderTest.with(.twoAddresses) { (box: BoxUnderTest) async throws in
            let file = "/etc/natdeck/assignments"
            func write(_ text: String) async throws {
                try await box.lab.output(
                    in: "nat", "sh", "-c", "mkdir -p /etc/natdeck; printf '\(text)' > \(file)")
            }
            try await write("\(Self.hostB) \(Self.third) # batch\\n\(Self.hostA) eth1\\n")
            try await box.done("apply", "--yes")
            #expect(try await box.lab.seenAs("ec2-b") == Self.third)
            #expect(try await box.lab.seenAs("ec2-a") == Self.second)
            // Early at boot nobody tells public addresses.
            let kept = try await box.lab.output(in: "nat", "cat", file)
            #expect(kept.contains("\(Self.hostB) eth1/172.31.8.209 # batch"), "\(kept)")
            try await box.done("setup", "--remove", "--yes")
            #expect(try await box.lab.seenAs("ec2-b") == Self.first)
            try await GuardUnderTest.with(box) { (keeper: GuardUnderTest) async throws in
                try await keeper.restores(
                    "an address at boot", after: "true",
                    once: "nft list chain ip natdeck given 2> /dev/null | grep -q vmap")
                for _ in 0..<10 where try await box.lab.seenAs("ec2-b") != Self.third {}
                #expect(try await box.lab.seenAs("ec2-b") == Self.third)
                #expect(try await box.lab.seenAs("ec2-a") == Self.second)
            }
            try await write("\(Self.hostB) 203.0.113.99\\n")
            let refused = try await box.run("apply", "--yes")
            #expect(refused.status == 2)
            #expect(refused.error.contains("no public IP that is known"), "\(refused.error)")
        }
    }

    @Test func `a change to an address is proven by the address that answers come to`()
        async throws
    {
        try await BoxUnderTest.with(.twoAddresses) { (box: BoxUnderTest) async throws in
            let lab = box.lab
            async let asked: CommandReply = lab.run(
                in: "ec2-b",
                Command(
                    "sh", "-c",
                    "for n in 1 2 3 4 5 6 7 8; do sleep 0.5; curl -s -m 2 http://\(Topology.internet)/; done"
                ), deadline: .seconds(30))
            let answer = try await box.run("assign", Self.hostB, Self.third, "--yes", "--prove")
            #expect(
                answer.output.contains("was answered as \(Self.third) (172.31.8.209)"), "\(answer)")
            #expect(answer.output.contains("proven: "))
            _ = try await asked
            // What the box itself sends is the operator's to translate.
            try await box.lab.output(
                in: "nat", "iptables", "-t", "nat", "-I", "POSTROUTING", "-s", "172.31.8.209", "-j",
                "ACCEPT")
            let probed = try await box.run(
                "probe", Self.third, "--url", "http://\(Topology.internet)/")
            #expect(probed.status == 0, "\(probed)")
            #expect(probed.output.contains(Self.third), "\(probed)")
        }
    }
}
