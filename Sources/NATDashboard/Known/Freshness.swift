internal import NATModel

/// How fresh what is shown of a part is.
struct Freshness: Hashable, Sendable {
    /// When it was last read well, in milliseconds of the monotonic clock; `nil` for never.
    var readAtMilliseconds: Int64?
    /// Why the last attempt failed; `nil` where it did not.
    var failure: ReadFailure?

    /// What to say of it, with its age; `nil` where it is fresh.
    func complaint(atMilliseconds now: Int64) -> String? {
        guard let failure else { return nil }
        guard let readAtMilliseconds else { return "not readable: \(failure)" }
        let seconds = max(now - readAtMilliseconds, 0) / 1000
        return "stale \(Figure.duration(seconds: seconds)): \(failure)"
    }
}
