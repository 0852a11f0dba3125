import NATModel
import NATPlan
import NATTesting
import Testing

/// Which plans ask for a word more than yes, because SSH sessions may be cut.
@Suite struct SessionPlanTests {
    private static func plan(
        _ intent: Intent, sessions: Reading<[IPv4Address]>
    ) async throws -> Plan {
        var snapshot = await FakeHost(.scenario).snapshot()
        snapshot.sshPeers = sessions
        return try Planner.plan(intent, on: snapshot)
    }

    @Test func `a plan that moves where a session comes from may cut it`() async throws {
        let sessions = Reading.value(["172.31.26.176", "10.0.0.1"].compactMap { IPv4Address($0) })
        let moved = try await Self.plan(assign("172.31.26.0/24", to: "eth1"), sessions: sessions)
        #expect(moved.mayCutSessions)
        #expect(
            moved.cutWarning
                == "SSH sessions of this box come from 172.31.26.176: this may cut them")
        let other = try await Self.plan(assign("172.31.27.0/24", to: "eth1"), sessions: sessions)
        #expect(!other.mayCutSessions)
        #expect(other.cutWarning == nil)
    }

    @Test func `where it cannot be told where sessions come from, every move may cut one`()
        async throws
    {
        let unknown = Reading<[IPv4Address]>.failed(
            ReadFailure("/proc/net/tcp", "Permission denied"))
        let moved = try await Self.plan(assign("172.31.26.176", to: "eth1"), sessions: unknown)
        #expect(moved.mayCutSessions)
        #expect(moved.movesSessionsFrom == [])
        #expect(
            moved.cutWarning
                == "where SSH sessions of this box come from cannot be told (/proc/net/tcp:"
                + " Permission denied): this may cut them")
        // What moves nobody cuts nobody.
        let mended = try await Self.plan(
            .mend(.parameters(["net.netfilter.nf_conntrack_acct": 1])), sessions: unknown)
        #expect(!mended.isEmpty)
        #expect(!mended.mayCutSessions)
    }
}
