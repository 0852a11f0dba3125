import NATModel

// What every line that a program or the kernel prints is taken apart with. Bytes and not
// characters: to find where a character ends takes longer than all the rest.

extension UInt8 {
    static let lineEnd = UInt8(ascii: "\n")
    static let space = UInt8(ascii: " ")
}

extension ArraySlice<UInt8> {
    /// What stands between spaces.
    var words: [ArraySlice<UInt8>] { split(separator: .space) }

    /// The decimal number that all of it is; `nil` where it is none, or does not fit in 64 bits.
    var decimal: UInt64? {
        guard !isEmpty else { return nil }
        var number: UInt64 = 0
        for byte in self {
            guard (48...57).contains(byte) else { return nil }
            let (tens, isTooLarge) = number.multipliedReportingOverflow(by: 10)
            let (sum, isTooLargeToo) = tens.addingReportingOverflow(UInt64(byte - 48))
            if isTooLarge || isTooLargeToo { return nil }
            number = sum
        }
        return number
    }

    /// The bytes as text that may be shown.
    var text: String {
        let text = String(decoding: self, as: UTF8.self)
        // What is plain here need not be looked at once more, a character at a time.
        let isPlain = allSatisfy { (0x20...0x7e).contains($0) } && first != .space && last != .space
        return isPlain ? text : text.strippedOfControls
    }
}
