import NATHost
import NATLab
import NATModel
import Testing

extension PacketTests {
    @Test(arguments: [
        (Cloud.aws, ["metadata", "metadata"]), (.azure, ["azure", "azure-load-balancer"]),
        (.google, ["google", "google"]),
    ])
    func `every cloud tells the address that packets are seen by`(
        cloud: Cloud, sources: [String]
    ) async throws {
        var topology = Topology.scenario
        topology.cloud = cloud
        try await BoxUnderTest.with(topology) { (box: BoxUnderTest) async throws in
            try await box.done("assign", Self.hostB, "eth1", "--yes")
            #expect(try await box.lab.seenAs("ec2-b") == Self.second)
            let status = try await box.run("status").output
            let lines = status.split(separator: "\n").map { line in
                line.split(separator: " ").map(String.init)
            }
            for (nic, address, source) in zip3(
                ["eth0", "eth1"], [Self.first, Self.second], sources)
            {
                let line = try #require(lines.first { $0.first == nic })
                #expect(line.contains(address) && line.contains(source), "\(status)")
            }
            let assigned = try #require(lines.first { $0.first == Self.hostB })
            #expect(assigned.contains(Self.second))
        }
    }

    private func zip3(
        _ first: [String], _ second: [String], _ third: [String]
    ) -> [(String, String, String)] {
        zip(first, zip(second, third)).map { ($0, $1.0, $1.1) }
    }

    @Test func `where nobody tells it, the operator's file does`() async throws {
        var topology = Topology.scenario
        topology.hasMetadata = false
        try await BoxUnderTest.with(topology) { (box: BoxUnderTest) async throws in
            let untold = try await box.run("doctor")
            #expect(untold.output.contains("no cloud is known that this box runs in"))
            #expect(untold.output.contains("tell them in /etc/natdeck/public-addresses"))
            func write(_ text: String) async throws {
                try await box.lab.output(
                    in: "nat", "sh", "-c",
                    "printf '\(text)' > /etc/natdeck/public-addresses")
            }
            try await write("172.31.8.208 \(Self.second)\\neth0 \(Self.first)\\n")
            let status = try await box.run("status", "--json").output
            #expect(
                status.contains(#""address":"\#(Self.second)","privateAddress":"172.31.8.208","#))
            #expect(status.contains(#""source":"file""#))
            #expect(!(try await box.run("doctor").output.contains("no cloud is known")))

            try await write("eth0 \(Self.first)\\neth1 over there\\n")
            let bad = try await box.run("doctor", "--json").output
            #expect(bad.contains("/etc/natdeck/public-addresses:2: more than two words"))
            try await write("eth0 \(Self.first)\\n")
            try await box.lab.output(
                in: "nat", "chmod", "g+w", "/etc/natdeck/public-addresses")
            #expect(
                try await box.run("doctor", "--json").output.contains(
                    "others than root may write to it (mode 664)"))
        }
    }

    @Test func `where the cloud is not to be asked it tells nothing`() async throws {
        try await BoxUnderTest.with(.scenario) { (box: BoxUnderTest) async throws in
            #expect(try await box.run("status").output.contains(Self.second))
            let status = try await box.run("status", "--metadata", "off").output
            #expect(!status.contains(Self.second), "\(status)")
            let plan = try await box.run(
                "assign", Self.hostB, "eth1", "--dry-run", "--metadata", "off")
            #expect(plan.status == 0 && !plan.output.contains(Self.second), "\(plan)")
            #expect(try await box.run("status", "--metadata", "on").status == 64)
        }
    }

    @Test func `the operator's file wins over the cloud`() async throws {
        try await BoxUnderTest.with(.scenario) { (box: BoxUnderTest) async throws in
            try await box.lab.output(
                in: "nat", "sh", "-c",
                "echo eth1 203.0.113.99 > /etc/natdeck/public-addresses")
            let status = try await box.run("status").output
            #expect(status.contains("203.0.113.99") && !status.contains(Self.second), "\(status)")
            #expect(status.contains(Self.first))
        }
    }
}
