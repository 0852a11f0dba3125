import NATHost
import NATModel
import NATParse
import NATTesting
import Testing

/// What conntrack does not see has neither mark nor direction, and a rule that asks for them ends.
@Suite(.enabled(if: TestNamespace.complaint == nil, "needs root"))
struct UntrackedTests {
    @Test(arguments: [
        "ct mark set ct mark or 0x1 drop", "ct direction original drop", "ct mark 0x0 drop",
    ])
    func `a rule that asks for its connection does nothing to what has none`(
        rule: String
    ) async throws {
        let box = try TestNamespace()
        let text = """
            table ip early {
              chain c {
                type filter hook prerouting priority -300
                ip saddr 10.9.0.5 notrack
              }
            }
            table inet fw {
              chain forw {
                type filter hook forward priority 0
                \(rule)
              }
            }
            """
        let complaint = try await box.run("sh", "-c", "printf '%s' \"$0\" | nft -f - 2>&1", text)
        try #require(complaint.isEmpty, "\(complaint)")
        let programs = NATPrograms.system(SystemRunner(), box)
        let sets = try #require(await programs.nftables(.forward(iptables: nil)).value ?? nil)
        let filters = BoxFilters(nat: [], forward: sets)
        func harms(_ host: String) throws -> [FilterCause.Harm] {
            let source = try #require(IPv4Prefix(host))
            let verdict = filters.forward(
                ForwardedPacket(source: source, input: "lan0", output: "eth0"))
            return try #require(verdict).drops.map(\.harm)
        }
        #expect(try harms("10.9.0.5") == [.hide])
        #expect(try harms("10.9.0.6") == [.drop])
    }
}
