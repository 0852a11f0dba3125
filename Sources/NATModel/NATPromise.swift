/// What the nat tables promise of a source that leaves by an egress.
public struct NATPromise: Hashable, Sendable {
    /// All that may happen to it.
    public var verdict: NATVerdict
    /// The address it leaves the box with.
    public var answer: NATAnswer
    /// The address the outside sees; `nil` where that is not sure or not known.
    public var publicAddress: IPv4Address?
}
