import NATHost
import NATLab
import NATModel
import Testing

/// A host goes another way than the network it is of, which leaves with an address of its own.
extension PacketTests {
    private static let network = "172.31.26.0/24"

    /// Has host B begin flow after flow while something is done, and expects them by these addresses
    /// and by no others.
    ///
    /// Connections from before are forgotten first: where a new packet has the ports of one of them, it
    /// goes on by its address, and of tens of thousands some do.
    private static func expectSeen(
        _ names: Set<String>, in box: BoxUnderTest, _ deed: String,
        while change: () async throws -> Void
    ) async throws {
        try await box.lab.output(in: "nat", "conntrack", "-F")
        try await box.lab.output(in: "nat", "nft", "reset", "counters", "table", "ip", "watch")
        try await box.flooded(seconds: 6) { try await change() }
        for name in ["primary", "second", "third"] {
            let count = try await box.counted(name)
            #expect(
                names.contains(name) ? count > 10 : count == 0, "\(deed): \(count) by the \(name)")
        }
    }

    @Test(arguments: ["rules", "map"])
    func `no flow begins by a third address while a host leaves its network and comes back`(
        method: String
    ) async throws {
        try await BoxUnderTest.with(.twoAddresses) { (box: BoxUnderTest) async throws in
            try await box.steer(by: method)
            try await box.done("assign", Self.network, Self.third, "--yes")
            try await box.lab.output(in: "nat", "sh", "-e", "-c", Self.watchAddresses)
            for (egress, name) in [("eth0", "primary"), ("eth1", "second")] {
                let seen: Set = ["third", name]
                try await Self.expectSeen(seen, in: box, "to \(egress) and back") {
                    for _ in 0..<3 {
                        try await box.done("assign", Self.hostB, egress, "--yes")
                        try await box.done("release", Self.hostB, "--yes")
                    }
                }
            }
            try await box.done("assign", Self.hostB, "eth1", "--yes")
            try await Self.expectSeen(["second"], in: box, "its network moves") {
                for _ in 0..<2 {
                    try await box.done("assign", Self.network, "eth0", "--yes")
                    try await box.done("assign", Self.network, Self.third, "--yes")
                    try await box.done("release", Self.network, "--yes")
                    try await box.done("assign", Self.network, Self.third, "--yes")
                }
            }
            try await Self.expectSeen(["second"], in: box, "another method") {
                try await box.steer(by: method == "map" ? "rules" : "map")
                try await box.steer(by: method)
            }
            #expect(try await box.lab.seenAs("ec2-b") == Self.second)
            #expect(try await box.lab.seenAs("ec2-a") == Self.third)
            try await box.done("setup", "--remove", "--yes")
            try await box.expectNothingOurs()
        }
    }
}
