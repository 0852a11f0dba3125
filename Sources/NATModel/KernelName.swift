/// The name of an interface as the kernel has it, in a text that may be shown.
///
/// The kernel allows any bytes but `/`, `:` and white space: control characters too, and what is
/// no UTF-8. Each such byte stands in the text as one character of a private use area, U+10FE00
/// and the byte. So a text holds nothing that a terminal obeys, two names never have the same
/// text, and the name can be had back.
///
/// Source: `dev_valid_name` in the kernel's net/core/dev.c.
public enum KernelName {
    private static let standIns: ClosedRange<UInt32> = 0x10fe00...0x10feff

    /// The text of a name.
    public static func text(_ name: some Collection<UInt8>) -> String { text(of: Array(name)) }

    private static func text(of name: [UInt8]) -> String {
        if name.allSatisfy({ (0x21...0x7e).contains($0) }) {
            return String(decoding: name, as: UTF8.self)
        }
        var text = String.UnicodeScalarView()
        var rest = name[...]
        while let first = rest.first {
            if let scalar = plainScalar(rest.prefix(length(of: first))) {
                text.append(scalar)
                rest = rest.dropFirst(length(of: first))
            } else {
                rest = rest.dropFirst()
                if let standIn = Unicode.Scalar(standIns.lowerBound + UInt32(first)) {
                    text.append(standIn)
                }
            }
        }
        return String(text)
    }

    /// The name that a text stands for. A text that stands for no odd name is its own bytes.
    public static func bytes(_ text: String) -> [UInt8] {
        // Every character of that area begins so in UTF-8.
        guard text.utf8.contains(0xf4) else { return Array(text.utf8) }
        return text.unicodeScalars.flatMap { scalar -> [UInt8] in
            standIns.contains(scalar.value)
                ? [UInt8(truncatingIfNeeded: scalar.value)] : Array(String(scalar).utf8)
        }
    }

    /// How many bytes of UTF-8 a character has that begins with this one.
    private static func length(of first: UInt8) -> Int {
        switch first {
        case 0xf0...: 4
        case 0xe0...: 3
        case 0xc0...: 2
        default: 1
        }
    }

    /// The character that these bytes are, where it may be shown as it is.
    private static func plainScalar(_ bytes: ArraySlice<UInt8>) -> Unicode.Scalar? {
        guard let text = String(validating: bytes, as: UTF8.self),
            let scalar = text.unicodeScalars.first, text.unicodeScalars.count == 1,
            !standIns.contains(scalar.value), text.strippedOfControls == text
        else { return nil }
        return scalar
    }
}
