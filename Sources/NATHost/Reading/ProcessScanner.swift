import NATModel
import NATParse

#if canImport(Glibc)
    import Glibc
#endif

/// Sees which programs have started lately, to name who may be behind a change.
///
/// Source: `/proc/PID/stat`. A program that came and went between two looks is not seen.
public struct ProcessScanner: Sendable {
    private let files: any HostFiles

    /// A scanner of these files.
    public init(files: any HostFiles) { self.files = files }

    /// The programs younger than this, without natdeck's own children, the youngest first.
    public func started(withinMilliseconds limit: Int) -> [SeenProcess] {
        var all: [Int: ProcessFile] = [:]
        // Nobody is named where nothing can be seen.
        for name in ((try? files.list("/proc")) ?? nil) ?? [] {
            // A process may be gone by now.
            guard let number = Int(name), let bytes = try? files.read("/proc/\(number)/stat"),
                let process = try? ProcessFile.parse(bytes)
            else { continue }
            all[number] = process
        }
        let ticks = max(sysconf(Int32(_SC_CLK_TCK)), 1)
        let now = Int(BootClock.milliseconds)
        return all.values.compactMap { process -> SeenProcess? in
            let age = max(now - process.startTicks * 1000 / ticks, 0)
            guard age <= limit, all[process.parent]?.name != "natdeck" else { return nil }
            return SeenProcess(name: process.name, ageMilliseconds: age)
        }.sorted { $0.ageMilliseconds < $1.ageMilliseconds }
    }
}
