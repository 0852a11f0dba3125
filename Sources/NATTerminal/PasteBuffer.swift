/// The text between the brackets of a bracketed paste, as it arrives.
struct PasteBuffer: Sendable {
    /// Most bytes that are kept of one paste; the rest is read and dropped.
    static let limit = 65536
    /// What ends a paste.
    private static let ending = Array("\u{1b}[201~".utf8)

    private var bytes: [UInt8] = []
    private var matched = 0

    /// Adds a byte; answers whether the paste ended with it.
    mutating func append(_ byte: UInt8) -> Bool {
        if byte == Self.ending[matched] {
            matched += 1
            return matched == Self.ending.count
        }
        // The ending begins with its only escape, so a failed match can restart only at one. What
        // had matched was a sequence inside the paste, which has no business there.
        matched = byte == Self.ending[0] ? 1 : 0
        if matched == 0, bytes.count < Self.limit { bytes.append(byte) }
        return false
    }

    /// What was pasted, on one line, without controls and without what reorders text.
    var text: String {
        var text = String.UnicodeScalarView()
        for scalar in String(decoding: bytes, as: UTF8.self).unicodeScalars {
            switch scalar {
            case "\n", "\r", "\t": text.append(" ")
            default:
                switch scalar.properties.generalCategory {
                case .control, .format, .lineSeparator, .paragraphSeparator, .unassigned,
                    .privateUse:
                    continue
                default: text.append(scalar)
                }
            }
        }
        return String(text)
    }
}
