/// The spelling of the fields of a step.
enum StepText {
    /// The words between single spaces. No name of an interface holds one: the kernel forbids it.
    static func words(_ text: Substring) -> [Substring] {
        text.utf8.split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false)
            .map { Substring($0) }
    }

    /// The two sides of the first `=`.
    static func pair(_ field: Substring) -> (name: Substring, value: Substring)? {
        guard let mark = field.utf8.firstIndex(of: UInt8(ascii: "=")) else { return nil }
        return (field[..<mark], field[field.utf8.index(after: mark)...])
    }

    /// The text without tabs and line ends: `\t`, `\n`, and `\\` for a backslash.
    static func escaped(_ text: String) -> String {
        guard text.utf8.contains(where: { $0 == 9 || $0 == 10 || $0 == 92 }) else { return text }
        var escaped = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\t": escaped += "\\t"
            case "\n": escaped += "\\n"
            case "\\": escaped += "\\\\"
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }

    /// The text as it was; `nil` where nothing is escaped so.
    static func unescaped(_ text: Substring) -> String? {
        guard text.utf8.contains(UInt8(ascii: "\\")) else { return String(text) }
        var plain = ""
        var scalars = text.unicodeScalars.makeIterator()
        while let scalar = scalars.next() {
            guard scalar == "\\" else {
                plain.unicodeScalars.append(scalar)
                continue
            }
            switch scalars.next() {
            case "t": plain += "\t"
            case "n": plain += "\n"
            case "\\": plain += "\\"
            default: return nil
            }
        }
        return plain
    }
}
