import NATHost

#if canImport(Glibc)
    import Glibc
#endif

/// The pages of code that were needed once and are not any more.
///
/// Relocation, the arguments, the first readings and the cloud's HTTP run through most of the
/// program in half a second, and its pages would stay resident for as long as the dashboard does.
enum StartUpPages {
    /// Gives them back to the kernel, which keeps them in its cache: what is needed again is
    /// mapped again, at the cost of one fault for 64 KiB.
    static func release() {
        guard case .some(.some(let bytes)) = try? SystemFiles().read("/proc/self/maps") else {
            return
        }
        // proc_pid_maps(5): `START-END PERMISSIONS OFFSET DEVICE INODE PATH`.
        for line in bytes.split(separator: UInt8(ascii: "\n")) {
            let fields = line.split(separator: UInt8(ascii: " "), maxSplits: 5)
            // Code that nobody can write to, so that the file holds all of it.
            guard fields.count == 6, fields[1].elementsEqual("r-xp".utf8),
                fields[5].contains(UInt8(ascii: "/"))
            else { continue }
            let ends = String(decoding: fields[0], as: UTF8.self).split(separator: "-")
                .compactMap { UInt($0, radix: 16) }
            guard ends.count == 2 else { continue }
            madvise(
                UnsafeMutableRawPointer(bitPattern: ends[0]), Int(ends[1] - ends[0]), MADV_DONTNEED)
        }
    }
}
