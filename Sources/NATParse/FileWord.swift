import NATModel

/// One word of a line in a file that people edit.
///
/// Words are apart by blanks, and `#` at the start of a word begins a note. A word that blanks, `#`
/// or control characters would break stands in double quotes: in them `\"` and `\\` are those two
/// characters and `\x1f` is a byte. A word that begins with anything but `"` means what it says, so
/// a backslash in it is a backslash.
struct FileWord: Hashable {
    /// What the word means.
    var value: String
    /// Where it stands in the line, quotes included.
    var place: Range<String.Index>

    /// The words of a line before its note.
    static func words(of line: Substring) throws(ParseError) -> [FileWord] {
        var words: [FileWord] = []
        let bytes = line.utf8
        var index = bytes.startIndex
        while index < bytes.endIndex {
            if isBlank(bytes[index]) {
                index = bytes.index(after: index)
                continue
            }
            if bytes[index] == UInt8(ascii: "#") { break }
            let start = index
            let value: String
            if bytes[index] == quote {
                value = try quoted(line, &index)
            } else {
                index = bytes[index...].firstIndex(where: isBlank) ?? bytes.endIndex
                value = String(line[start..<index])
                guard value.strippedOfControls == value else {
                    throw ParseError("a control character, which \"\\x1f\" can write", in: value)
                }
            }
            words.append(FileWord(value: value, place: start..<index))
        }
        return words
    }

    private static let quote = UInt8(ascii: "\"")
    private static let backslash = UInt8(ascii: "\\")

    static func isBlank(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") || byte == UInt8(ascii: "\r")
    }

    /// A word in quotes; `index` goes from the first of them to what comes after the last.
    private static func quoted(
        _ line: Substring, _ index: inout String.Index
    ) throws(ParseError) -> String {
        let bytes = line.utf8
        let start = index
        var value: [UInt8] = []
        index = bytes.index(after: index)
        func next() throws(ParseError) -> UInt8 {
            guard index < bytes.endIndex else {
                throw ParseError("a quote that does not end", in: line[start...])
            }
            defer { index = bytes.index(after: index) }
            return bytes[index]
        }
        while case let byte = try next(), byte != quote {
            guard byte == backslash else {
                value.append(byte)
                continue
            }
            let escape = try next()
            switch escape {
            case quote, backslash: value.append(escape)
            case UInt8(ascii: "x"):
                let digits = String(decoding: [try next(), try next()], as: UTF8.self)
                guard digits.first?.isHexDigit == true, let number = UInt8(digits, radix: 16) else {
                    throw ParseError("no two hexadecimal digits after \\x", in: line[start...])
                }
                value.append(number)
            default:
                throw ParseError("only \\\", \\\\ and \\x1f mean something", in: line[start...])
            }
        }
        guard index == bytes.endIndex || isBlank(bytes[index]) else {
            throw ParseError("no blank after the quote", in: line[start...])
        }
        guard let text = String(validating: value, as: UTF8.self) else {
            throw ParseError("not UTF-8", in: line[start..<index])
        }
        return text
    }

    /// Whether an interface can have this name.
    ///
    /// Source: dev_valid_name in net/core/dev.c; IFNAMSIZ is 16 with the final zero.
    static func isInterfaceName(_ name: String) -> Bool {
        (1..<16).contains(name.utf8.count) && name != "." && name != ".."
            && !name.utf8.contains(where: isForbiddenInNames)
    }

    /// Blanks as isspace(3) has them, and what divides paths and labels.
    private static func isForbiddenInNames(_ byte: UInt8) -> Bool {
        byte == 0 || byte == 0x20 || (0x09...0x0d).contains(byte) || byte == UInt8(ascii: "/")
            || byte == UInt8(ascii: ":")
    }

    /// How a word is written that means this.
    static func spelling(of value: String) -> String {
        let isPlain =
            !value.isEmpty && value.utf8.first != UInt8(ascii: "#") && value.utf8.first != quote
            && value.strippedOfControls == value && !value.utf8.contains(where: isBlank)
        if isPlain { return value }
        var text = "\""
        for scalar in value.unicodeScalars {
            switch scalar {
            case "\"", "\\": text += "\\\(scalar)"
            case " ": text += " "
            case _ where String(scalar).strippedOfControls == String(scalar):
                text.unicodeScalars.append(scalar)
            default:
                for byte in String(scalar).utf8 {
                    text += "\\x" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
                }
            }
        }
        return text + "\""
    }
}
