/// Keeps the guard from fighting: what is lost again and again is put back at growing intervals.
///
/// Time is in milliseconds of any clock that does not jump.
public struct DriftBackoff: Sendable {
    private var entries: [Loss: Entry] = [:]

    private struct Entry {
        var times = 0
        var last = 0
        var notBefore = 0
        var isTold = false
    }

    /// How often something may be put back in quick succession.
    static let free = 4
    /// The longest wait.
    static let longestMilliseconds = 64_000
    /// After so long without a loss all is forgiven, beyond the wait itself.
    static let calmMilliseconds = 20_000

    /// Nothing has been lost yet.
    public init() {}

    /// How long to wait before this may be put back; 0 for at once.
    public func wait(for loss: Loss, at now: Int) -> Int {
        max((entries[loss]?.notBefore ?? 0) - now, 0)
    }

    /// How often it was put back in this storm.
    public func times(_ loss: Loss) -> Int { entries[loss]?.times ?? 0 }

    /// Notes that an attempt was made to put these back.
    public mutating func attempted(_ losses: [Loss], at now: Int) {
        for loss in losses where loss.mayWait {
            var entry = entries[loss] ?? Entry()
            let wait = max(entry.notBefore - entry.last, 0)
            if now - entry.last > wait + Self.calmMilliseconds { entry = Entry() }
            entry.times += 1
            entry.last = now
            entry.isTold = false
            let doublings = entry.times - Self.free
            if doublings >= 0 {
                entry.notBefore = now + min(2000 << min(doublings, 6), Self.longestMilliseconds)
            }
            entries[loss] = entry
        }
    }

    /// Those of these that must wait and of which nobody has been told yet; told from now on.
    public mutating func newlyWaiting(_ losses: [Loss], at now: Int) -> [Loss] {
        losses.filter { loss in
            guard wait(for: loss, at: now) > 0, entries[loss]?.isTold == false else { return false }
            entries[loss]?.isTold = true
            return true
        }
    }
}
