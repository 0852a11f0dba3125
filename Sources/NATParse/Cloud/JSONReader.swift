import NATModel

/// Reads JSON from its beginning to its end.
struct JSONReader {
    private let bytes: [UInt8]
    private var index = 0
    private var depth = 0

    /// No reply is nested deeper; without a limit, brackets alone would use up the stack.
    private static let deepest = 64

    init(bytes: [UInt8]) { self.bytes = bytes }

    /// The one value that the text is.
    mutating func document() throws(ParseError) -> JSONValue {
        skipBlanks()
        let value = try value()
        skipBlanks()
        guard index == bytes.count else { throw failure("more than one value") }
        return value
    }

    private mutating func value() throws(ParseError) -> JSONValue {
        guard index < bytes.count else { throw failure("the text ends too early") }
        switch bytes[index] {
        case UInt8(ascii: "{"):
            return try nested { reader throws(ParseError) in try reader.object() }
        case UInt8(ascii: "["):
            return try nested { reader throws(ParseError) in try reader.array() }
        case UInt8(ascii: "\""): return .text(try text().strippedOfControls)
        case UInt8(ascii: "t"): return try word("true", .truth(true))
        case UInt8(ascii: "f"): return try word("false", .truth(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        default: return try number()
        }
    }

    private mutating func nested(
        _ body: (inout JSONReader) throws(ParseError) -> JSONValue
    ) throws(ParseError) -> JSONValue {
        guard depth < Self.deepest else { throw failure("nested too deeply") }
        depth += 1
        index += 1
        let value = try body(&self)
        depth -= 1
        return value
    }

    private mutating func object() throws(ParseError) -> JSONValue {
        var members: [String: JSONValue] = [:]
        skipBlanks()
        if take("}") { return .object(members) }
        repeat {
            skipBlanks()
            guard index < bytes.count, bytes[index] == UInt8(ascii: "\"") else {
                throw failure("no name of a member")
            }
            let name = try text()
            skipBlanks()
            guard take(":") else { throw failure("no colon after a name") }
            skipBlanks()
            members[name] = try value()
            skipBlanks()
        } while take(",")
        guard take("}") else { throw failure("an object that does not end") }
        return .object(members)
    }

    private mutating func array() throws(ParseError) -> JSONValue {
        var elements: [JSONValue] = []
        skipBlanks()
        if take("]") { return .array(elements) }
        repeat {
            skipBlanks()
            elements.append(try value())
            skipBlanks()
        } while take(",")
        guard take("]") else { throw failure("a list that does not end") }
        return .array(elements)
    }

    private mutating func text() throws(ParseError) -> String {
        let start = index
        index += 1
        var text: [UInt8] = []
        while index < bytes.count {
            let byte = bytes[index]
            index += 1
            switch byte {
            case UInt8(ascii: "\""):
                guard let text = String(validating: text, as: UTF8.self) else {
                    throw ParseError("not UTF-8", in: String(decoding: text, as: UTF8.self))
                }
                return text
            case UInt8(ascii: "\\"): text += try escaped()
            case ..<0x20: throw failure("a control character in a text")
            default: text.append(byte)
            }
        }
        index = start
        throw failure("a text that does not end")
    }

    /// What follows a backslash.
    private mutating func escaped() throws(ParseError) -> [UInt8] {
        guard index < bytes.count else { throw failure("the text ends too early") }
        let byte = bytes[index]
        index += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return [byte]
        case UInt8(ascii: "b"): return [0x08]
        case UInt8(ascii: "f"): return [0x0c]
        case UInt8(ascii: "n"): return [0x0a]
        case UInt8(ascii: "r"): return [0x0d]
        case UInt8(ascii: "t"): return [0x09]
        case UInt8(ascii: "u"):
            var units = [try unit()]
            // A character beyond U+FFFF is written as two.
            if UTF16.isLeadSurrogate(units[0]), bytes[index...].starts(with: Array("\\u".utf8)) {
                index += 2
                units.append(try unit())
            }
            return Array(String(decoding: units, as: UTF16.self).utf8)
        default: throw failure("an unknown character after a backslash")
        }
    }

    private mutating func unit() throws(ParseError) -> UInt16 {
        let digits = bytes[index...].prefix(4)
        guard digits.count == 4, digits.first != UInt8(ascii: "+"),
            let unit = UInt16(String(decoding: digits, as: UTF8.self), radix: 16)
        else { throw failure("no four digits after \\u") }
        index += 4
        return unit
    }

    private mutating func number() throws(ParseError) -> JSONValue {
        let digits = bytes[index...].prefix { byte in
            (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
                || [0x2b, 0x2d, 0x2e, 0x45, 0x65].contains(byte)
        }
        let text = String(decoding: digits, as: UTF8.self)
        guard Double(text) != nil else { throw failure("not JSON") }
        index += digits.count
        return .number(text)
    }

    private mutating func word(
        _ word: String, _ value: JSONValue
    ) throws(ParseError) -> JSONValue {
        guard bytes[index...].starts(with: word.utf8) else { throw failure("not JSON") }
        index += word.utf8.count
        return value
    }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard index < bytes.count, bytes[index] == UInt8(ascii: character) else { return false }
        index += 1
        return true
    }

    private mutating func skipBlanks() {
        while index < bytes.count, [0x20, 0x0a, 0x0d, 0x09].contains(bytes[index]) { index += 1 }
    }

    private func failure(_ reason: String) -> ParseError {
        ParseError(reason, in: String(decoding: bytes[index...].prefix(60), as: UTF8.self))
    }
}
