/// `/proc/PID/status`. See proc_pid_status(5).
public enum ProcessStatusFile {
    /// The number of the user a process runs as; `nil` where the file does not tell.
    public static func realUser(in file: [UInt8]) -> UInt32? { number("Uid:", in: file) }

    /// The number of the process that a thread is of; `nil` where the file does not tell.
    public static func process(in file: [UInt8]) -> Int? {
        number("Tgid:", in: file).map(Int.init)
    }

    private static func number(_ name: String, in file: [UInt8]) -> UInt32? {
        for line in file.split(separator: UInt8(ascii: "\n")) {
            let fields = line.split { $0 == UInt8(ascii: "\t") || $0 == UInt8(ascii: " ") }
            guard fields.count > 1, fields[0].elementsEqual(name.utf8) else { continue }
            return UInt32(String(decoding: fields[1], as: UTF8.self))
        }
        return nil
    }
}
