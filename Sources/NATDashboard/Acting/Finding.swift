internal import NATModel
internal import NATScreen

/// A line in which something is looked for; rows that lack it stay.
struct FindLine: Hashable, Sendable {
    /// What is typed.
    var text = ""
    /// The row where it began, for Escape.
    var start: RowID?

    /// Adds text at the end, without what a terminal would act on.
    mutating func type(_ addition: String) {
        text = String((text + addition.strippedOfControlsKeepingSpaces).prefix(100))
    }
}

// Finding: the bar jumps to what is typed, and nothing is hidden.
extension DashboardState {
    /// Opens the line.
    mutating func openFind() { mode = .finding(FindLine(start: table.selected)) }

    /// What a key does in it.
    mutating func find(_ line: FindLine, _ key: Key, _ action: Action?) -> [Effect] {
        var line = line
        switch action {
        case .close:
            if let start = line.start { table.select(start) }
            mode = .browsing
            return []
        case .enter:
            lastFind = line.text
            mode = .browsing
            return []
        case .eraseCharacter:
            guard !line.text.isEmpty else {
                mode = .browsing
                return []
            }
            line.text.removeLast()
        case .eraseAll: line.text = ""
        case .move(.lines(let distance)): jump(to: line.text, by: distance)
        default:
            guard case .character(let scalar) = key else { return [] }
            line.type(String(Character(scalar)))
            jump(to: line.text, by: 0)
        }
        mode = .finding(line)
        return []
    }

    /// Goes to the next row that was looked for last.
    mutating func findAgain() {
        guard !lastFind.isEmpty else {
            remark = TextLine("nothing was looked for yet: f finds", Style(.dim))
            return
        }
        jump(to: lastFind, by: 1)
    }

    /// Goes to a row that holds this text, from the bar on, or from the row after it, round the end.
    mutating func jump(to text: String, by distance: Int) {
        let rows = focusedTable.rows
        let wanted = RowFilter(text)
        guard !wanted.words.isEmpty, !rows.isEmpty else { return }
        if distance == 0, let exact = exactRow(text, among: rows) {
            table.select(exact)
            return
        }
        let step = distance < 0 ? -1 : 1
        let start = table.index + distance
        for offset in 0..<rows.count {
            let place = ((start + offset * step) % rows.count + rows.count) % rows.count
            if wanted.lets(rows[place]) {
                table.select(rows.ids[place])
                return
            }
        }
        remark = TextLine("no row holds \(text)", Style(.warning))
    }
}
