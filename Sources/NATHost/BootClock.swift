#if canImport(Glibc)
    import Glibc
#endif

/// The clock since boot: setting the time of day does not move it, and sleep does not stop it.
enum BootClock {
    /// Milliseconds since boot. Source: clock_gettime(2), CLOCK_BOOTTIME.
    static var milliseconds: Int64 {
        var now = timespec()
        clock_gettime(CLOCK_BOOTTIME, &now)
        return Int64(now.tv_sec) * 1000 + Int64(now.tv_nsec) / 1_000_000
    }
}
