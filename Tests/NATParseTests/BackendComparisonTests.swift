import FoundationEssentials
import NATHost
import NATModel
import NATParse
import NATTesting
import Testing

#if canImport(Glibc)
    import Glibc
#endif

/// Holds what the listing says against what `iptables-save` says of the same rules, in a network
/// namespace of its own. Needs root, or a kernel that lets a user be root in a namespace.
@Suite(.serialized) struct BackendComparisonTests {
    static let prefix: [String] =
        geteuid() == 0
        ? ["unshare", "--net"] : ["unshare", "--user", "--map-root-user", "--net"]

    static func canUnshare() async -> Bool {
        let reply = try? await SystemRunner().run(Command(prefix + ["true"]))
        return reply?.status == 0
    }

    @Test(
        .enabled("needs root or user namespaces") { await canUnshare() },
        arguments: ["nft", "legacy"])
    func `the listing and iptables-save tell the same of 300 random rules`(
        backend: String
    ) async throws {
        guard SystemRunner().path(of: "iptables-\(backend)-restore") != nil else {
            try Test.cancel("iptables-\(backend) is not installed")
        }
        let seed = ProcessInfo.processInfo.environment["NATDECK_SEED"].flatMap { UInt64($0) } ?? 7
        print("iptables-\(backend) comparison with NATDECK_SEED=\(seed)")
        var made = RandomRules(seed: seed)
        let mark = "=====\n"
        let script = """
            iptables-\(backend)-restore -c || exit 9
            iptables-\(backend) -t nat -nvxL || exit 8
            printf '\(mark.dropLast())\\n'
            iptables-\(backend)-save -c -t nat
            """
        let reply = try await SystemRunner().run(
            Command(Self.prefix + ["sh", "-c", script]), input: made.text(300),
            deadline: .seconds(60))
        #expect(reply.status == 0, "\(reply.error)")
        let text = String(decoding: reply.output, as: UTF8.self)
        let split = try #require(text.firstRange(of: mark))
        let chains = try NATListing.parse(Array(text[..<split.lowerBound].utf8))
        let saved = SavedRules(String(text[split.upperBound...]))
        #expect(chains.map(\.name).sorted() == saved.chains.sorted())
        #expect(chains.map(\.rules.count).reduce(0, +) == 300)
        for chain in chains {
            let rows = chain.rules.map(SavedRules.Row.init)
            let wanted = saved.rows[chain.name] ?? []
            #expect(rows.count == wanted.count, "\(chain.name)")
            for (row, other) in zip(rows, wanted) {
                #expect(row == other, "\(chain.name), seed \(seed)")
            }
        }
    }
}
