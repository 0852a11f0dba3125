#if canImport(Glibc)
    import Glibc
#endif

/// What this process and its children take of the processors.
enum ProcessorTime {
    /// What was used until now, in the kernel too, by this process and by all children that have
    /// ended and been waited for, in milliseconds.
    ///
    /// Source: getrusage(2).
    static var usedMilliseconds: Int {
        [RUSAGE_SELF, RUSAGE_CHILDREN].reduce(0) { sum, who in
            var usage = rusage()
            guard getrusage(who.rawValue, &usage) == 0 else { return sum }
            return sum + milliseconds(usage.ru_utime) + milliseconds(usage.ru_stime)
        }
    }

    private static func milliseconds(_ time: timeval) -> Int {
        Int(time.tv_sec) * 1000 + Int(time.tv_usec) / 1000
    }
}
