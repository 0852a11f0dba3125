/// Where a text stands in a space wider than itself.
package enum Alignment: Hashable, Sendable {
    /// At its beginning, or at its end.
    case left, right
}

extension StringProtocol {
    /// How many cells it takes on a screen.
    package var cellWidth: Int {
        // Nearly all texts are ASCII, where a byte is a cell.
        if utf8.allSatisfy({ (0x20...0x7e).contains($0) }) { return utf8.count }
        return unicodeScalars.reduce(0) { $0 + $1.cellWidth }
    }

    /// Exactly `width` cells: padded, or cut with `…` at the end.
    package func fitted(_ width: Int, _ alignment: Alignment = .left) -> String {
        let own = cellWidth
        guard width > 0 else { return "" }
        if own <= width {
            let padding = String(repeating: " ", count: width - own)
            return alignment == .left ? self + padding : padding + self
        }
        var text = String.UnicodeScalarView()
        var used = 0
        for scalar in unicodeScalars {
            if used + scalar.cellWidth > width - 1 { break }
            text.append(scalar)
            used += scalar.cellWidth
        }
        return String(text) + "…" + String(repeating: " ", count: width - 1 - used)
    }

    /// Lines of at most `width` cells, broken at spaces where there are any; the lines after the
    /// first begin with `indent` spaces.
    package func wrapped(_ width: Int, indent: Int = 0) -> [String] {
        let indent = indent < width / 2 ? indent : 0
        guard width > 0 else { return [] }
        // Most lines fit. A space at the front goes, below.
        if unicodeScalars.first != " ", cellWidth <= width { return [String(self)] }
        var lines: [String] = []
        var line = ""
        var used = 0
        func breakLine() {
            lines.append(line)
            line = String(repeating: " ", count: indent)
            used = indent
        }
        for word in split(separator: " ", omittingEmptySubsequences: false) {
            let isFirst = used == (lines.isEmpty ? 0 : indent)
            let needed = word.cellWidth + (isFirst ? 0 : 1)
            if used + needed > width, !isFirst { breakLine() }
            if used > (lines.isEmpty ? 0 : indent) {
                line += " "
                used += 1
            }
            // A word longer than a line is broken where the line ends: nothing of it is hidden.
            for scalar in word.unicodeScalars {
                if used + scalar.cellWidth > width {
                    if used <= indent { return lines + [String(self)] }
                    breakLine()
                }
                line.unicodeScalars.append(scalar)
                used += scalar.cellWidth
            }
        }
        lines.append(line)
        return lines
    }
}
