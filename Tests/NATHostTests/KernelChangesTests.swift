import NATHost
import NATModel
import NATTesting
import Synchronization
import Testing

#if canImport(Glibc)
    import Glibc
#endif

/// What the kernel announces, and of whom.
@Suite(.serialized, .enabled(if: TestNamespace.complaint == nil, "needs root"))
struct KernelChangesTests {
    /// Hears what is announced in a namespace.
    private final class Listener: Sendable {
        private let heard = Mutex<[KernelEvent]>([])
        private let changes = Mutex<KernelChanges?>(nil)

        init(in namespace: TestNamespace) throws {
            let changes = namespace.inside { [self] in
                KernelChanges { events in self.heard.withLock { $0 += events } }
            }
            self.changes.withLock { $0 = changes }
            try #require(changes != nil)
        }

        /// The first event of this kind; `nil` where none comes in 5 s.
        func first(_ isWanted: (KernelEvent) -> Bool) async throws -> KernelEvent? {
            try await all(1, isWanted).first
        }

        /// The events of this kind, as soon as there are so many; fewer where they do not come in 5 s.
        func all(_ count: Int, _ isWanted: (KernelEvent) -> Bool) async throws -> [KernelEvent] {
            for _ in 0..<500 {
                let found = heard.withLock { $0.filter(isWanted) }
                if found.count >= count { return found }
                try await Task.sleep(for: .milliseconds(10))
            }
            return heard.withLock { $0.filter(isWanted) }
        }
    }

    private static let rule = RoutingPolicyRule(
        priority: 100, source: IPv4Prefix("10.1.2.3"), action: .lookup(table: 20001),
        protocolNumber: 201)

    @Test func `whoever deletes a rule is named with who started it`() async throws {
        let namespace = try TestNamespace()
        let listener = try Listener(in: namespace)
        // One that stays: an `ip` of one command has mostly ended before it can be looked at.
        try await namespace.run(
            "bash", "-c",
            """
            coproc ip -batch -
            echo rule add pref 100 from 10.1.2.3 lookup 20001 protocol 201 >&${COPROC[1]}
            echo rule del pref 100 >&${COPROC[1]}
            sleep 0.5
            true
            """)
        let event = try #require(
            try await listener.first { if case .ruleRemoved = $0 { true } else { false } })
        guard case .ruleRemoved(Self.rule, let author) = event else {
            Issue.record("\(event)")
            return
        }
        #expect(author.name == "ip")
        #expect(author.parent == "bash")
        #expect(!author.isOwn)
        #expect(author.process.map { $0 > 1 } == true)
        let added = try await listener.first { if case .ruleAdded = $0 { true } else { false } }
        #expect(added == .ruleAdded(Self.rule, by: author))
    }

    /// Programs of one command end a moment after what they did, and others want the processor, too.
    @Test(.enabled(if: Scheduling.mayGoFirst, "needs the permission to go before ordinary work"))
    func `who adds a rule and ends at once is named, however busy the box is`() async throws {
        let namespace = try TestNamespace()
        let listener = try Listener(in: namespace)
        try await namespace.run(
            "bash", "-c",
            """
            for hog in 1 2 3 4 5 6; do (while :; do :; done) & hogs+=($!); done
            for n in {1..30}; do ip rule add pref $n from 10.1.2.$n lookup main; done
            kill "${hogs[@]}"
            """)
        let added = try await listener.all(30) {
            if case .ruleAdded = $0 { true } else { false }
        }
        #expect(added.count == 30)
        let named = added.filter { $0.author?.name == "ip" }.count
        #expect(named == 30)
    }

    @Test func `natdeck knows its own doing`() async throws {
        let namespace = try TestNamespace()
        try await namespace.ip("link set lo up")
        let listener = try Listener(in: namespace)
        let route = Route(
            destination: .all, type: "unreachable", metric: .max, protocolNumber: 201)
        let changes: [RoutingChange] = [.addRule(Self.rule), .addRoute(route, table: 20001)]
        let routing = KernelRouting(namespace)
        #expect(await routing.change(changes, tolerating: []) == .init(done: 2))
        #expect(await routing.change(changes.map(\.inverse), tolerating: []) == .init(done: 2))
        let event = try #require(
            try await listener.first { if case .routeRemoved = $0 { true } else { false } })
        guard case .routeRemoved(route, 20001, let author) = event else {
            Issue.record("\(event)")
            return
        }
        #expect(author.isOwn)
    }

    /// nf_tables tells of threads, and natdeck's own work is done by many of them.
    @Test(.enabled(if: access("/usr/sbin/nft", X_OK) == 0, "needs nft"))
    func `natdeck knows the doing of its threads`() async throws {
        let namespace = try TestNamespace()
        let listener = try Listener(in: namespace)
        let gate = Gate(marks: ConnectionMarks(mask: 0x00ff_0000, egresses: [1: "eth0"]))
        _ = try await KernelGate(namespace).set(gate, over: nil)
        let event = try #require(try await listener.first(\.isOfNFTables))
        #expect(event.author?.isOwn == true, "\(event)")
        #expect(event.author?.process == Int(getpid()))
    }

    @Test(.enabled(if: access("/usr/sbin/nft", X_OK) == 0, "needs nft"))
    func `a change of nftables is told with the program's name`() async throws {
        let namespace = try TestNamespace()
        let listener = try Listener(in: namespace)
        #expect(try await namespace.run("nft", "add", "table", "ip", "t") == "")
        let event = try await listener.first(\.isOfNFTables)
        #expect(event?.author?.name == "nft")
    }
}
