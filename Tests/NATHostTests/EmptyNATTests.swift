import NATHost
import NATTesting
import Testing

/// The nat table that iptables leaves behind when its last rule has gone.
@Suite(.enabled(if: TestNamespace.complaint == nil, "needs root"))
struct EmptyNATTests {
    /// What is in the namespace once an empty nat table was looked for.
    private static func left(_ changes: [String]) async throws -> String {
        let box = try TestNamespace()
        for change in changes {
            let complaint = try await box.run("sh", "-c", "exec \(change) 2>&1")
            #expect(complaint.isEmpty, "\(change)")
        }
        await KernelGate(box).removeEmptyNAT()
        return try await box.run("nft", "list", "ruleset")
    }

    @Test func `an empty nat table goes`() async throws {
        #expect(try await Self.left([]).isEmpty)
        let gone = try await Self.left([
            "iptables-nft -t nat -A POSTROUTING -j MASQUERADE",
            "iptables-nft -t nat -A PREROUTING -j ACCEPT",
            "iptables-nft -t nat -D POSTROUTING 1", "iptables-nft -t nat -D PREROUTING 1",
        ])
        #expect(gone.isEmpty, "\(gone)")
    }

    @Test(arguments: [
        "iptables-nft -t nat -A OUTPUT -j ACCEPT", "iptables-nft -t nat -N MINE",
        "nft add set ip nat mine '{ type ipv4_addr; }'",
        "nft add chain ip nat POSTROUTING '{ policy drop; }'",
    ])
    func `one that holds anything stays`(change: String) async throws {
        let left = try await Self.left([
            "iptables-nft -t nat -A POSTROUTING -j MASQUERADE",
            "iptables-nft -t nat -D POSTROUTING 1", change,
        ])
        #expect(left.contains("table ip nat"), "\(left)")
    }
}
