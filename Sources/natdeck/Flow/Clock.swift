#if canImport(Glibc)
    import Glibc
#endif

/// The clocks, read where effects are allowed.
enum Clock {
    /// Milliseconds of the clock that never jumps.
    static var monotonicMilliseconds: Int64 { milliseconds(CLOCK_MONOTONIC) }

    /// Milliseconds since 1970-01-01 UTC, on the clock that may be set.
    ///
    /// time(2) runs some milliseconds behind: just after a second it would tell the one before.
    static var wallMilliseconds: Int64 { milliseconds(CLOCK_REALTIME) }

    /// How far local time is ahead of UTC at a moment of that clock, in seconds.
    static func utcOffsetSeconds(at milliseconds: Int64) -> Int {
        var seconds = time_t(milliseconds / 1000)
        var parts = tm()
        localtime_r(&seconds, &parts)
        return parts.tm_gmtoff
    }

    private static func milliseconds(_ clock: clockid_t) -> Int64 {
        var now = timespec()
        clock_gettime(clock, &now)
        return Int64(now.tv_sec) * 1000 + Int64(now.tv_nsec) / 1_000_000
    }
}
