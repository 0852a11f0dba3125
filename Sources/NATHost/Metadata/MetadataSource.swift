public import NATModel

/// What the cloud tells of the box's interfaces.
public protocol MetadataSource: Sendable {
    /// What is told of the interfaces with these hardware addresses.
    func interfaces(macs: [String]) async throws(ReadFailure) -> [CloudInterface]

    /// Forgets what it keeps, so that the next question is asked anew.
    func forget() async
}

extension MetadataSource {
    /// Most keep nothing.
    public func forget() async {}
}

/// Nobody: what the cloud would tell is not asked for.
public struct NoMetadata: MetadataSource {
    /// Nobody is asked.
    public init() {}

    /// Nothing is told of any interface.
    public func interfaces(macs: [String]) async throws(ReadFailure) -> [CloudInterface] { [] }
}

/// Keeps what a source told for a while, so that a screen does not ask the cloud every second.
public actor CachedMetadata: MetadataSource {
    private let source: any MetadataSource
    private let lifetime: Duration
    /// A refusal holds for less: a cloud that comes up late is to be heard soon.
    private let refusalLifetime: Duration
    /// What was told of each hardware address, and when; `nil` where it is not known.
    private var kept: [String: (interface: CloudInterface?, at: ContinuousClock.Instant)] = [:]
    /// The last refusal, and which addresses it was asked for.
    private var refusal: (failure: ReadFailure, macs: Set<String>, at: ContinuousClock.Instant)?

    /// Keeps the answers of `source` this long; refusals for a while too, so that a box without a
    /// cloud is not made to wait again and again.
    public init(
        _ source: any MetadataSource, lifetime: Duration = .seconds(60),
        refusalLifetime: Duration = .seconds(4)
    ) {
        self.source = source
        self.lifetime = lifetime
        self.refusalLifetime = refusalLifetime
    }

    /// Forgets answers and refusals. Asynchronous as the requirement is, so that nobody gets that of
    /// sources that keep nothing.
    public func forget() async {
        kept = [:]
        refusal = nil
    }

    /// The kept answers, and new ones where they are old or missing.
    public func interfaces(macs: [String]) async throws(ReadFailure) -> [CloudInterface] {
        let now = ContinuousClock.now
        kept = kept.filter { now - $0.value.at < lifetime }
        // A link that comes is asked about alone: the others' answers hold.
        let wanted = macs.filter { kept[$0] == nil }
        if !wanted.isEmpty {
            if let refusal, now - refusal.at < refusalLifetime, refusal.macs.isSuperset(of: wanted)
            {
                throw refusal.failure
            }
            do {
                let told = try await source.interfaces(macs: wanted)
                for mac in wanted { kept[mac] = (told.first { $0.mac == mac }, now) }
            } catch {
                refusal = (error, Set(wanted), now)
                throw error
            }
        }
        return macs.compactMap { kept[$0]?.interface }
    }
}
