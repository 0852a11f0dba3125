import NATModel

#if canImport(Glibc)
    import Glibc
#endif

/// The clock since boot: setting the time of day does not move it, and sleep does not stop it.
enum BootClock {
    /// A name for the time since the box was started; `nil` where the kernel gives none.
    static func boot(_ files: any HostFiles) -> String? {
        guard case .some(.some(let bytes)) = try? files.read("/proc/sys/kernel/random/boot_id")
        else { return nil }
        return String(decoding: bytes, as: UTF8.self).strippedOfControls
    }

    /// Milliseconds since boot. Source: clock_gettime(2), CLOCK_BOOTTIME.
    static var milliseconds: Int64 {
        var now = timespec()
        clock_gettime(CLOCK_BOOTTIME, &now)
        return Int64(now.tv_sec) * 1000 + Int64(now.tv_nsec) / 1_000_000
    }
}
