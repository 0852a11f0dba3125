public import NATModel

/// What the cloud tells of the box's interfaces.
public protocol MetadataSource: Sendable {
    /// What is told of the interfaces with these hardware addresses.
    func interfaces(macs: [String]) async throws(ReadFailure) -> [CloudInterface]
}

/// Keeps what a source told for a while, so that a screen does not ask the cloud every second.
public actor CachedMetadata: MetadataSource {
    private let source: any MetadataSource
    private let lifetime: Duration
    private var kept:
        (macs: [String], reply: Reading<[CloudInterface]>, at: ContinuousClock.Instant)?

    /// Keeps the answers of `source` this long; refusals too, so that a box without a cloud is
    /// not made to wait again and again.
    public init(_ source: any MetadataSource, lifetime: Duration = .seconds(60)) {
        self.source = source
        self.lifetime = lifetime
    }

    /// The kept answer, or a new one where it is old or other interfaces are asked for.
    public func interfaces(macs: [String]) async throws(ReadFailure) -> [CloudInterface] {
        if let kept, kept.macs == macs, ContinuousClock.now - kept.at < lifetime {
            return try Self.value(kept.reply)
        }
        let reply: Reading<[CloudInterface]>
        do {
            reply = .value(try await source.interfaces(macs: macs))
        } catch {
            reply = .failed(error)
        }
        kept = (macs, reply, ContinuousClock.now)
        return try Self.value(reply)
    }

    private static func value(
        _ reading: Reading<[CloudInterface]>
    ) throws(ReadFailure) -> [CloudInterface] {
        switch reading {
        case .value(let value): return value
        case .failed(let failure): throw failure
        }
    }
}
