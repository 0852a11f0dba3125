/// Writes JSON (RFC 8259) as it goes, so that ten thousand rules cost neither a tree nor a text in
/// memory.
///
/// Unlike the encoders that leave a missing value out, it writes every key: unknown is `null`.
struct JSONWriter: ~Copyable {
    private let piece = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: 1 << 16)
    private var count = 0
    private var needsComma = false
    private let output: (UnsafeBufferPointer<UInt8>) -> Void

    /// A writer that hands on what it has written, piece by piece.
    init(output: @escaping (UnsafeBufferPointer<UInt8>) -> Void) { self.output = output }

    deinit { piece.deallocate() }

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
        separate(name)
        needsComma = false
    }

    /// The name of the member whose value is written next, from outside.
    mutating func key(named name: String) {
        value(name)
        put(":")
        needsComma = false
    }

    /// A text, or null.
    mutating func value(_ text: String?) { member(nil, text) }

    /// A number, or null.
    mutating func value(_ number: (some FixedWidthInteger)?) { member(nil, number) }

    /// A truth value, or null.
    mutating func value(_ isTrue: Bool?) { member(nil, isTrue) }

    /// An unknown value.
    mutating func null() { literal(nil, "null") }

    /// A member whose value is a text; without a name it is an element of an array.
    mutating func member(_ name: StaticString?, _ text: String?) {
        guard var text else { return literal(name, "null") }
        separate(name)
        put("\"")
        text.withUTF8 { text in
            if text.allSatisfy({ !$0.needsEscape }) {
                put(text)
            } else {
                for byte in text { put(escaping: byte) }
            }
        }
        put("\"")
    }

    /// A member whose value is a number of at most 64 bits.
    mutating func member(_ name: StaticString?, _ number: (some FixedWidthInteger)?) {
        guard let number else { return literal(name, "null") }
        separate(name)
        if number < 0 { put("-") }
        let magnitude = UInt64(number.magnitude)
        var power: UInt64 = 1
        while magnitude / power > 9 { power *= 10 }
        while power > 0 {
            put(UInt8(ascii: "0") + UInt8(magnitude / power % 10))
            power /= 10
        }
    }

    /// A member whose value is true or false.
    mutating func member(_ name: StaticString?, _ isTrue: Bool?) {
        literal(name, isTrue.map { $0 ? "true" : "false" } ?? "null")
    }

    private mutating func literal(_ name: StaticString?, _ text: StaticString) {
        separate(name)
        text.withUTF8Buffer { put($0) }
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
        separate(nil)
        put(open)
        needsComma = false
    }

    /// Ends what `begin` began.
    mutating func end(_ close: Unicode.Scalar) {
        put(close)
        needsComma = true
    }

    /// Ends the text with a line end and hands on what is left of it; nothing comes after it.
    mutating func endLine() {
        put("\n")
        handOn()
    }

    /// Writes what stands before a value: a comma where one is due, and the name of a member.
    @inline(__always)
    private mutating func separate(_ name: StaticString?) {
        if needsComma { put(",") }
        needsComma = true
        guard let name else { return }
        // Names of ours need no escapes.
        put("\"")
        name.withUTF8Buffer { put($0) }
        put("\"")
        put(":")
    }

    private mutating func put(escaping byte: UInt8) {
        guard byte.needsEscape else { return put(byte) }
        put("\\")
        guard byte < 0x20 else { return put(byte) }
        for digit in "u00\(byte < 16 ? "0" : "")\(String(byte, radix: 16))".utf8 { put(digit) }
    }

    // A hundred calls for each rule: inlined, they take two thirds of the time.
    @inline(__always)
    private mutating func put(_ character: Unicode.Scalar) { put(UInt8(ascii: character)) }

    @inline(__always)
    private mutating func put(_ byte: UInt8) {
        if count == piece.count { handOn() }
        piece[count] = byte
        count += 1
    }

    @inline(__always)
    private mutating func put(_ bytes: UnsafeBufferPointer<UInt8>) {
        guard bytes.count <= piece.count - count else {
            for byte in bytes { put(byte) }
            return
        }
        count = piece[count...].initialize(fromContentsOf: bytes)
    }

    private mutating func handOn() {
        output(UnsafeBufferPointer(rebasing: piece[..<count]))
        count = 0
    }
}

extension UInt8 {
    /// Source: RFC 8259, section 7.
    fileprivate var needsEscape: Bool {
        self == UInt8(ascii: "\"") || self == UInt8(ascii: "\\") || self < 0x20
    }
}
