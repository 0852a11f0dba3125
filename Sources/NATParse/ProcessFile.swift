import NATModel

/// `/proc/PID/stat`. See proc(5).
public struct ProcessFile: Hashable, Sendable {
    /// The program's name, without control characters.
    public var name: String
    /// Whether a signal has stopped it, as Ctrl-Z does.
    public var isStopped: Bool
    /// The process that started it, or has taken it over.
    public var parent: Int
    /// When it started, in clock ticks since boot.
    public var startTicks: Int

    /// Reads the file.
    public static func parse(_ contents: [UInt8]) throws(ParseError) -> ProcessFile {
        let text = String(decoding: contents, as: UTF8.self)
        // The name may hold spaces and parentheses; what follows holds none.
        guard let open = text.firstIndex(of: "("), let close = text.lastIndex(of: ")"), open < close
        else { throw ParseError("no name in parentheses", in: text) }
        let fields = text[text.index(after: close)...].split(separator: " ")
        // Fields 4 and 22 of the whole; the first after the name is field 3.
        guard fields.count > 19, let parent = Int(fields[1]), let start = Int(fields[19]) else {
            throw ParseError("no parent or start time", in: text)
        }
        return ProcessFile(
            name: String(text[text.index(after: open)..<close]).strippedOfControls,
            isStopped: fields[0] == "T", parent: parent, startTicks: start)
    }
}
