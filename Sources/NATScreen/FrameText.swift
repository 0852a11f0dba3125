extension Frame {
    /// The characters alone, a line a row without trailing spaces: what a golden screen holds.
    package var text: String { text { $0.scalar == "\0" ? nil : $0.scalar } }

    /// The same as a terminal shows it that has ASCII alone: a cell for a cell.
    package var asciiText: String {
        text { $0.scalar == "\0" ? " " : $0.scalar.asciiFallback }
    }

    private func text(_ shown: (Cell) -> Unicode.Scalar?) -> String {
        var text = ""
        for row in 0..<size.rows {
            var line = String.UnicodeScalarView()
            line += self[row: row].lazy.compactMap(shown)
            while line.last == " " { line.removeLast() }
            text.unicodeScalars += line
            text += "\n"
        }
        return text
    }
}
