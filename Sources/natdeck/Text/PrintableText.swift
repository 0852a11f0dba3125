import NATModel

extension String {
    /// The text without what could move a terminal's cursor or reorder a line; its own line ends
    /// stay.
    var printable: String {
        if utf8.allSatisfy({ (0x20...0x7e).contains($0) || $0 == UInt8(ascii: "\n") }) {
            return self
        }
        let lines = unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false)
        return lines.map { String($0).onOneLine }.joined(separator: "\n")
    }

    /// The same on one line, whatever line ends it holds; spaces at its ends stay.
    var onOneLine: String {
        let end = unicodeScalars.reversed().prefix { $0 == " " }.count
        let start = unicodeScalars.prefix { $0 == " " }.count
        guard start < unicodeScalars.count else { return self }
        return String(repeating: " ", count: start) + strippedOfControls
            + String(repeating: " ", count: end)
    }
}
