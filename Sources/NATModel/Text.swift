extension String {
    /// The text as it may be shown: without control, escape and bidirectional characters.
    ///
    /// Names, comments and error messages come from outside; on a terminal they could move the
    /// cursor or reorder the line. Line ends become spaces; nothing remains at either end.
    public var strippedOfControls: String {
        if utf8.allSatisfy({ (0x20...0x7e).contains($0) }) && utf8.first != 0x20
            && utf8.last != 0x20
        {
            return self
        }
        var text = String.UnicodeScalarView()
        for scalar in unicodeScalars {
            switch scalar.value {
            case 0x09, 0x0a, 0x0d: text.append(" ")
            case ..<0x20, 0x7f...0x9f: continue
            // Zero-width, bidirectional and interlinear marks, and the byte order mark.
            case 0x061c, 0x200b...0x200f, 0x2028...0x202e, 0x2060...0x206f, 0xfeff, 0xfff9...0xfffb,
                0xe0000...0xe007f:
                continue
            default: text.append(scalar)
            }
        }
        let trimmed = text.drop { $0 == " " }
        let end = trimmed.lastIndex { $0 != " " }
        return end.map { String(trimmed[...$0]) } ?? ""
    }
}
