/// The change of a cumulative counter, per second.
public enum Rate: Hashable, Sendable {
    /// There is one sample yet, or the counter was reset: no figure.
    case initial
    /// What the last two samples give, per second.
    case data(Double)
    /// The last figure there was; the counter has not been read since.
    case stale(Double)
    /// The counter cannot be read.
    case unavailable
}
