/// Writes JSON (RFC 8259) as it goes, so that ten thousand rules cost no tree in memory.
///
/// Unlike the encoders that leave a missing value out, it writes every key: unknown is `null`.
struct JSONWriter {
    private(set) var bytes: [UInt8] = []
    private var needsComma = false

    /// A writer with room for so many bytes.
    init(room: Int = 0) { bytes.reserveCapacity(room) }

    /// An object; `body` writes its members.
    mutating func object(_ body: (inout JSONWriter) -> Void) {
        enclose("{", "}", body)
    }

    /// An array of what `body` writes for each element.
    mutating func array<Elements: Sequence>(
        _ elements: Elements, _ body: (inout JSONWriter, Elements.Element) -> Void
    ) {
        enclose("[", "]") { writer in
            for element in elements { body(&writer, element) }
        }
    }

    /// The name of the member whose value is written next.
    mutating func key(_ name: StaticString) {
        separate()
        // Names of ours need no escapes.
        bytes.append(UInt8(ascii: "\""))
        name.withUTF8Buffer { bytes += $0 }
        bytes.append(UInt8(ascii: "\""))
        bytes.append(UInt8(ascii: ":"))
        needsComma = false
    }

    /// The name of the member whose value is written next, from outside.
    mutating func key(named name: String) {
        value(name)
        bytes.append(UInt8(ascii: ":"))
        needsComma = false
    }

    /// A text, or null.
    mutating func value(_ text: String?) {
        guard var text else { return null() }
        separate()
        text.withUTF8 { literal($0) }
    }

    /// A number, or null.
    mutating func value(_ number: (some BinaryInteger)?) {
        guard let number else { return null() }
        separate()
        bytes += String(number).utf8
    }

    /// A truth value, or null.
    mutating func value(_ isTrue: Bool?) {
        guard let isTrue else { return null() }
        separate()
        bytes += (isTrue ? "true" : "false").utf8
    }

    /// An unknown value.
    mutating func null() {
        separate()
        bytes += "null".utf8
    }

    /// A member whose value is a text.
    mutating func member(_ name: StaticString, _ text: String?) {
        key(name)
        value(text)
    }

    /// A member whose value is a number.
    mutating func member(_ name: StaticString, _ number: (some BinaryInteger)?) {
        key(name)
        value(number)
    }

    /// A member whose value is true or false.
    mutating func member(_ name: StaticString, _ isTrue: Bool?) {
        key(name)
        value(isTrue)
    }

    private mutating func enclose(
        _ open: Unicode.Scalar, _ close: Unicode.Scalar, _ body: (inout JSONWriter) -> Void
    ) {
        begin(open)
        body(&self)
        end(close)
    }

    /// Begins an object or an array, for whoever cannot write it in one go.
    mutating func begin(_ open: Unicode.Scalar) {
        separate()
        bytes.append(UInt8(ascii: open))
        needsComma = false
    }

    /// Ends what `begin` began.
    mutating func end(_ close: Unicode.Scalar) {
        bytes.append(UInt8(ascii: close))
        needsComma = true
    }

    /// Ends the text with a line end; nothing comes after it.
    mutating func endLine() { bytes.append(UInt8(ascii: "\n")) }

    private mutating func separate() {
        if needsComma { bytes.append(UInt8(ascii: ",")) }
        needsComma = true
    }

    private mutating func literal(_ text: UnsafeBufferPointer<UInt8>) {
        let quote = UInt8(ascii: "\"")
        let backslash = UInt8(ascii: "\\")
        bytes.append(quote)
        if text.allSatisfy({ $0 != quote && $0 != backslash && $0 >= 0x20 }) {
            bytes += text
        } else {
            for byte in text {
                switch byte {
                case quote, backslash: bytes += [backslash, byte]
                case ..<0x20: bytes += "\\u00\(byte < 16 ? "0" : "")\(String(byte, radix: 16))".utf8
                default: bytes.append(byte)
                }
            }
        }
        bytes.append(quote)
    }
}
