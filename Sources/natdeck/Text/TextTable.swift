import NATModel
import NATScreen

/// Lays rows out in columns, two spaces apart.
struct TextTable {
    private let headings: [String]
    private let rightAligned: Set<Int>

    /// A table of these columns.
    init(_ headings: [String], rightAligned: Set<Int> = []) {
        self.headings = headings
        self.rightAligned = rightAligned
    }

    /// The heading and the rows, without trailing spaces and without control characters.
    ///
    /// The last column is broken between words where a line would pass 80 cells.
    func lines(_ rows: [[String]]) -> [String] {
        let all = [headings] + rows.map { $0.map(\.strippedOfControls) }
        let last = headings.count - 1
        let widths = headings.indices.map { column in
            all.map { $0[column].cellWidth }.max() ?? 0
        }
        let indent = widths.dropLast().reduce(0) { $0 + $1 + 2 }
        return all.flatMap { row -> [String] in
            let start = row.indices.dropLast().map { column in
                row[column].fitted(widths[column], alignment(column)) + "  "
            }.joined()
            // A right-aligned last column holds figures, which are not broken.
            guard alignment(last) == .left else {
                return [start + row[last].fitted(widths[last], .right)]
            }
            let broken = row[last].wrapped(max(80 - indent, 20))
            return zip(0..., broken).map { number, text in
                let line = (number == 0 ? start : String(repeating: " ", count: indent)) + text
                return Self.withoutTrailingSpaces(line)
            }
        }
    }

    private func alignment(_ column: Int) -> Alignment {
        rightAligned.contains(column) ? .right : .left
    }

    private static func withoutTrailingSpaces(_ line: String) -> String {
        String(line.reversed().drop { $0 == " " }.reversed())
    }
}
