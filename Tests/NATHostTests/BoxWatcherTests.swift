import NATHost
import NATModel
import NATTesting
import Synchronization
import Testing

@Suite struct BoxWatcherTests {
    /// The parts that were told, in order.
    private final class Told: Sendable {
        private let parts = Mutex<[Set<SnapshotPart>]>([])

        func note(_ part: Set<SnapshotPart>) { parts.withLock { $0.append(part) } }

        /// How often the counters came, and whether nat came with any of them.
        var counters: (count: Int, withNAT: Bool) {
            parts.withLock { parts in
                (
                    parts.count { $0.contains(.counters) },
                    parts.contains { $0.contains(.counters) && $0.contains(.nat) }
                )
            }
        }
    }

    /// Ticks a watcher until the counters came so often, or a hundred times.
    private func told(_ host: FakeHost, until wanted: Int) async throws -> (Int, withNAT: Bool) {
        let told = Told()
        let watcher = BoxWatcher(host.local.reader, interval: .milliseconds(10)) { _, parts in
            told.note(parts)
        }
        await watcher.start()
        for _ in 0..<100 where told.counters.count < wanted {
            try await Task.sleep(for: .milliseconds(20))
            await watcher.tick()
        }
        let counters = told.counters
        await watcher.stop()
        return (counters.count, counters.withNAT)
    }

    @Test func `while iptables hangs the counters go on without it`() async throws {
        let host = FakeHost(.scenario)
        host.hang("iptables-nft")
        let (count, withNAT) = try await told(host, until: 5)
        #expect(count >= 5)
        #expect(!withNAT)
    }

    @Test func `where iptables answers, nat and counters come together`() async throws {
        let (count, withNAT) = try await told(FakeHost(.scenario), until: 5)
        #expect(count >= 5)
        #expect(withNAT)
    }
}
