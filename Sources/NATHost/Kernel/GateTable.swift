public import NATModel

/// The kernel's table of the gate, which makes one transaction of each change.
public protocol GateTable: Sendable {
    /// Makes the table what this gate asks for; `nil` takes it away, and does nothing where there is
    /// none.
    ///
    /// - Parameter present: what the table is known to be, so that only what differs is sent; `nil`
    ///   where that is not known.
    /// - Returns: what the table is by that alone: what others do to it at the same time is another
    ///   one. `nil` where there is none by then.
    /// - Throws: why that was not acknowledged.
    func set(
        _ gate: Gate?, over present: Gate?
    ) async throws(RoutingChangeReport.Failure) -> GateState?
    /// What the table is, which is another one as soon as anybody changes anything in it;
    /// `.value(nil)` where there is no such table, a failure where the kernel has no nf_tables or
    /// lacks what the table needs.
    ///
    /// - Parameter noted: what it was when somebody looked last, and wrote that down. As long as
    ///   nothing in nf_tables has changed since, nothing but that is asked.
    func state(noted: GateState?) async -> Reading<GateState?>
    /// Takes away the nat table that iptables has made for a rule of ours, where it holds nothing any
    /// more: iptables shows one that is not there as an empty one.
    func removeEmptyNAT() async
    /// The state of nf_tables; `nil` where it is not known.
    func generation() async -> UInt32?
    /// Whether nothing in nf_tables has changed since that state but this table, and that by this
    /// process: whatever else was listed then is so still.
    func isAlone(since generation: UInt32) async -> Bool
}

extension GateTable {
    /// Not known.
    public func generation() async -> UInt32? { nil }
    /// Others may have changed anything.
    public func isAlone(since generation: UInt32) async -> Bool { false }
}

/// What the table of the gate is.
public struct GateState: Hashable, Sendable, TextCodable {
    /// A number for all that it holds.
    public var fingerprint: UInt64
    /// The state of nf_tables that it was told of in; `nil` where that changed meanwhile.
    ///
    /// Source: `NFT_MSG_GETGEN`.
    public var generation: UInt32?

    /// A table of which this was told.
    public init(fingerprint: UInt64, generation: UInt32? = nil) {
        self.fingerprint = fingerprint
        self.generation = generation
    }

    /// The fingerprint, and the generation behind it.
    public var description: String {
        String(fingerprint, radix: 16) + (generation.map { " \($0)" } ?? "")
    }

    /// Reads the words; `nil` where they say something else.
    public init?(_ text: String) {
        let words = text.split(separator: " ", omittingEmptySubsequences: false)
        guard let fingerprint = words.first.flatMap({ UInt64($0, radix: 16) }), words.count < 3
        else { return nil }
        self.init(fingerprint: fingerprint)
        guard words.count == 2 else { return }
        guard let generation = UInt32(words[1]) else { return nil }
        self.generation = generation
    }
}
