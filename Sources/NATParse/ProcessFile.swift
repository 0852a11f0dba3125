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
        // The name may hold spaces and parentheses; what follows holds none.
        guard let open = contents.firstIndex(of: UInt8(ascii: "(")),
            let close = contents.lastIndex(of: UInt8(ascii: ")")), open < close
        else { throw ParseError("no name in parentheses", in: contents[...].text) }
        let fields = contents[(close + 1)...].words
        // Fields 4 and 22 of the whole; the first after the name is field 3.
        guard fields.count > 19, let parent = fields[1].decimal, let start = fields[19].decimal
        else { throw ParseError("no parent or start time", in: contents[...].text) }
        return ProcessFile(
            name: contents[(open + 1)..<close].text,
            isStopped: fields[0].elementsEqual("T".utf8), parent: Int(clamping: parent),
            startTicks: Int(clamping: start))
    }
}
