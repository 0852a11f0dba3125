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
        // Names of ours need no escapes.
        write(name.utf8CodeUnitCount + 3) { output in
            output.append(UInt8(ascii: "\""))
            name.withUTF8Buffer { output.append(copying: $0) }
            output.append(UInt8(ascii: "\""))
            output.append(UInt8(ascii: ":"))
        }
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
        text.withUTF8 { text in
            let isPlain = text.allSatisfy { !Self.needsEscape($0) }
            write(isPlain ? text.count + 2 : text.count * 6 + 2) { output in
                output.append(UInt8(ascii: "\""))
                if isPlain {
                    output.append(copying: text)
                } else {
                    for byte in text { output.append(escaping: byte) }
                }
                output.append(UInt8(ascii: "\""))
            }
        }
    }

    /// A number, or null.
    mutating func value(_ number: (some FixedWidthInteger)?) {
        guard let number else { return null() }
        // A sign and the digits of 64 bits.
        write(21) { output in
            if number < 0 { output.append(UInt8(ascii: "-")) }
            let magnitude = UInt64(number.magnitude)
            var power: UInt64 = 1
            while magnitude / power > 9 { power *= 10 }
            while power > 0 {
                output.append(UInt8(ascii: "0") + UInt8(magnitude / power % 10))
                power /= 10
            }
        }
    }

    /// A truth value, or null.
    mutating func value(_ isTrue: Bool?) {
        guard let isTrue else { return null() }
        text(isTrue ? "true" : "false")
    }

    /// An unknown value.
    mutating func null() { text("null") }

    /// Writes what needs no quotes.
    private mutating func text(_ text: String) {
        var text = text
        text.withUTF8 { text in write(text.count) { $0.append(copying: text) } }
    }

    /// A member whose value is a text.
    mutating func member(_ name: StaticString, _ text: String?) {
        key(name)
        value(text)
    }

    /// A member whose value is a number.
    mutating func member(_ name: StaticString, _ number: (some FixedWidthInteger)?) {
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

    /// Writes an element of at most so many bytes, behind a comma where one is due.
    private mutating func write(_ count: Int, _ body: (inout OutputSpan<UInt8>) -> Void) {
        bytes.append(addingCapacity: count + 1) { output in
            if needsComma { output.append(UInt8(ascii: ",")) }
            body(&output)
        }
        needsComma = true
    }

    /// Source: RFC 8259, section 7.
    fileprivate static func needsEscape(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") || byte < 0x20
    }
}

extension OutputSpan<UInt8> {
    fileprivate mutating func append(copying bytes: UnsafeBufferPointer<UInt8>) {
        withUnsafeMutableBufferPointer { buffer, count in
            count = buffer[count...].initialize(fromContentsOf: bytes)
        }
    }

    fileprivate mutating func append(escaping byte: UInt8) {
        guard JSONWriter.needsEscape(byte) else { return append(byte) }
        append(UInt8(ascii: "\\"))
        guard byte < 0x20 else { return append(byte) }
        for digit in "u00\(byte < 16 ? "0" : "")\(String(byte, radix: 16))".utf8 { append(digit) }
    }
}
