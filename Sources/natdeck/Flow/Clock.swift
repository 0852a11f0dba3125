#if canImport(Glibc)
    import Glibc
#endif

/// The clocks, read where effects are allowed.
enum Clock {
    /// Milliseconds of the clock that never jumps.
    static var monotonicMilliseconds: Int64 {
        var now = timespec()
        clock_gettime(CLOCK_MONOTONIC, &now)
        return Int64(now.tv_sec) * 1000 + Int64(now.tv_nsec) / 1_000_000
    }

    /// Milliseconds since 1970, on the clock that may be set.
    static var wallMilliseconds: Int64 {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        return Int64(now.tv_sec) * 1000 + Int64(now.tv_nsec) / 1_000_000
    }

    /// How far local time is ahead of UTC now, in seconds.
    static var utcOffsetSeconds: Int {
        localTime.tm_gmtoff
    }

    /// The local time of day, `12:03:04`.
    static var timeOfDay: String {
        let parts = localTime
        return joined([parts.tm_hour, parts.tm_min, parts.tm_sec], ":")
    }

    /// time(2) runs some milliseconds behind: just after a second it would tell the one before.
    private static var localTime: tm {
        var now = time_t(wallMilliseconds / 1000)
        var parts = tm()
        localtime_r(&now, &parts)
        return parts
    }

    /// A moment in milliseconds since 1970, as RFC 3339 writes it: `2026-11-25T12:03:04.050Z`.
    static func timestamp(_ milliseconds: Int64) -> String {
        var seconds = time_t(milliseconds / 1000)
        var parts = tm()
        gmtime_r(&seconds, &parts)
        let date = [parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday]
        let time = [parts.tm_hour, parts.tm_min, parts.tm_sec]
        let fraction = "\(1000 + milliseconds % 1000)".dropFirst()
        return joined(date, "-") + "T" + joined(time, ":") + ".\(fraction)Z"
    }

    /// Numbers of at least two digits.
    private static func joined(_ parts: [Int32], _ separator: String) -> String {
        parts.map { $0 < 10 ? "0\($0)" : "\($0)" }.joined(separator: separator)
    }
}
