import NATHost
import NATModel
import Synchronization
import Testing

@Suite struct CachedMetadataTests {
    /// A cloud that refuses so often before it answers.
    private final class Cloud: MetadataSource {
        private let state: Mutex<(refusals: Int, asked: Int)>

        init(refusals: Int) { state = Mutex((refusals, 0)) }

        var asked: Int { state.withLock { $0.asked } }

        func interfaces(macs: [String]) async throws(ReadFailure) -> [CloudInterface] {
            let refuses = state.withLock { state in
                state.asked += 1
                state.refusals -= 1
                return state.refusals >= 0
            }
            if refuses { throw ReadFailure("the cloud", "not there yet") }
            return macs.map { CloudInterface(mac: $0, publicAddresses: [], vpcNetworks: []) }
        }
    }

    private static let macs = ["02:00:00:00:00:07"]

    @Test func `a cloud that comes up late is asked again, and heard`() async throws {
        let cloud = Cloud(refusals: 2)
        let cached = CachedMetadata(cloud, refusalLifetime: .zero)
        for _ in 0..<2 {
            await #expect(throws: ReadFailure.self) { try await cached.interfaces(macs: Self.macs) }
        }
        #expect(try await cached.interfaces(macs: Self.macs).map(\.mac) == Self.macs)
        #expect(cloud.asked == 3)
    }

    @Test func `a refusal holds for a moment, until it is to be forgotten`() async throws {
        let cloud = Cloud(refusals: 1)
        let cached = CachedMetadata(cloud, refusalLifetime: .seconds(3600))
        for _ in 0..<3 {
            await #expect(throws: ReadFailure.self) { try await cached.interfaces(macs: Self.macs) }
        }
        #expect(cloud.asked == 1)
        await cached.forget()
        #expect(try await cached.interfaces(macs: Self.macs).count == 1)
        // An answer is kept, until it is to be forgotten too.
        _ = try await cached.interfaces(macs: Self.macs)
        #expect(cloud.asked == 2)
        await cached.forget()
        _ = try await cached.interfaces(macs: Self.macs)
        #expect(cloud.asked == 3)
    }
}
