internal import NATModel

/// What is typed to let rows through: every word must be found in a row; one with `!` before it
/// must not be.
struct RowFilter: Hashable, Sendable {
    /// The words; none lets every row through.
    let words: [Word]

    /// One word.
    struct Word: Hashable, Sendable {
        /// What is looked for, in lower case.
        var text: String
        /// The network whose addresses are looked for; `nil` of a word that is none.
        var network: IPv4Prefix?
        /// Whether a row must not hold it.
        var isInverted: Bool
    }

    /// Reads what was typed.
    init(_ text: String) {
        words = text.lowercased().split(separator: " ").compactMap { raw in
            let isInverted = raw.hasPrefix("!")
            let word = isInverted ? raw.dropFirst() : raw
            guard !word.isEmpty else { return nil }
            let network = word.contains("/") ? IPv4Prefix(word) : nil
            return Word(text: String(word), network: network, isInverted: isInverted)
        }
    }

    /// What is looked for as text, to be pointed out where it stands.
    var texts: [String] { words.filter { !$0.isInverted && $0.network == nil }.map(\.text) }

    /// Whether a row is let through.
    func lets(_ row: TableRow) -> Bool {
        words.allSatisfy { word in
            (word.network.map { Self.holds($0, row) } ?? row.holds(word.text)) != word.isInverted
        }
    }

    /// Whether the row is of a source in the network, or names an address in it.
    private static func holds(_ network: IPv4Prefix, _ row: TableRow) -> Bool {
        if let host = row.id.host { return network.contains(host) }
        return row.texts.contains { text in
            text.split { !($0.isNumber || $0 == "." || $0 == "/") }.contains { word in
                IPv4Prefix.split(word).map { network.contains($0.0) } ?? false
            }
        }
    }
}

extension DashboardState {
    /// Brings the bar to the row that is exactly what was typed, else to the first that is left: who
    /// types an address means it, and no other.
    mutating func seekMatch() {
        guard seeksMatch else { return }
        seeksMatch = false
        let rows = focusedTable.rows
        guard let id = exactRow(filter, among: rows) ?? rows.ids.first else { return }
        table.select(id)
    }

    /// The row that a text names; `nil` where none does.
    func exactRow(_ text: String, among rows: TableRows) -> RowID? {
        let word = text.trimmed.lowercased()
        guard !word.isEmpty else { return nil }
        if view == .overview, !isEgressFocused {
            let source = IPv4Prefix(word)
            return rows.ids.first { id in
                guard let host = id.host else { return false }
                return host == source || name(of: host)?.lowercased() == word
            }
        }
        return rows.first { row in
            !row.isSpanning && row.cells.contains { $0.text.lowercased() == word }
        }?.id
    }
}
