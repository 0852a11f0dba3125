import NATHost
import NATModel
import NATParse
import NATTesting
import Testing

/// What other programs put into the nat tables is shown whole.
@Suite(.enabled(if: TestNamespace.complaint == nil, "needs root"))
struct ManagedTableTests {
    @Test(arguments: ["iptables-nft", "iptables-legacy"])
    func `of what other programs make no row is lost`(program: String) async throws {
        #expect(ManagedTables.all.count == 17)
        var shown = 0
        for (maker, rules) in ManagedTables.all {
            let namespace = try TestNamespace()
            let text = (["*nat"] + rules + ["COMMIT", ""]).joined(separator: "\n")
            let reply = try await SystemRunner().run(
                Command("nsenter", "--net=\(namespace.path)", program + "-restore"), input: text,
                deadline: .seconds(10))
            try #require(reply.status == 0, "\(maker): \(reply.error)")
            let listing = try await namespace.run(program, "-t", "nat", "-nvxL")
            let chains = try NATListing.parse(Array(listing.utf8))
            var wanted: [String: Int] = [:]
            for rule in rules where rule.hasPrefix("-A ") {
                wanted[String(rule.split(separator: " ")[1]), default: 0] += 1
            }
            let found = Dictionary(
                chains.filter { !$0.rules.isEmpty }.map { ($0.name, $0.rules.count) },
                uniquingKeysWith: +)
            #expect(found == wanted, "\(maker)")
            // The kernel's own answer, which is read where iptables cannot show it, says the same.
            if program == "iptables-nft" {
                let programs = NATPrograms.system(SystemRunner(), namespace)
                let sets = try #require(
                    await programs.nftables(.nat(withIPTables: true)).value ?? nil)
                let told = Dictionary(
                    sets.flatMap(\.chains).filter { !$0.rules.isEmpty }
                        .map { ($0.name, $0.rules.count) }, uniquingKeysWith: +)
                #expect(told == wanted, "\(maker)")
            }
            shown += found.values.reduce(0, +)
        }
        #expect(shown == ManagedTables.all.flatMap(\.rules).count { $0.hasPrefix("-A ") })
    }
}
