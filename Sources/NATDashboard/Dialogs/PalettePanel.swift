internal import NATScreen

/// The command palette: what is typed, and the actions that match.
enum PalettePanel {
    /// The most actions shown at once, however tall the screen is.
    private static let mostRows = 16

    /// The actions there is room for below the line that is typed.
    static func entryRows(_ layout: Layout) -> Int {
        max(min(layout.dialogTextRows - 1, mostRows), 1)
    }

    /// The palette as a popup. It keeps its height, so that it holds still while typing.
    static func popup(_ palette: TypedSearch, _ state: DashboardState) -> Popup {
        let layout = state.layout
        let rows = entryRows(layout)
        let entries = state.paletteEntries(palette)
        let all = state.paletteEntries(TypedSearch())
        var popup = Popup(
            title: "Command\(state.aimText(palette)): \(entries.count) of \(all.count)",
            lines: [TextLine(": \(palette.text)_", Style(.accent))])
        let nameWidth = all.map(\.name.cellWidth).max() ?? 0
        let keyWidth = all.map { keyNames($0).cellWidth }.max() ?? 0
        for entry in entries.dropFirst(palette.place.top).prefix(rows) {
            popup.lineClicks[popup.lines.count] = .entry(entry.name)
            popup.lines.append(
                line(
                    entry, isSelected: entry.name == palette.place.selected, nameWidth: nameWidth,
                    keyWidth: keyWidth, state))
        }
        if entries.isEmpty { popup.lines.append(TextLine("  nothing matches", Style(.dim))) }
        let missing = max(min(all.count, rows) + 1 - popup.lines.count, 0)
        popup.lines += Array(repeating: .blank, count: missing)
        return popup
    }

    private static func line(
        _ entry: PaletteEntry, isSelected: Bool, nameWidth: Int, keyWidth: Int,
        _ state: DashboardState
    ) -> TextLine {
        let name = entry.name.fitted(nameWidth)
        let keys = keyNames(entry).fitted(keyWidth)
        let isOff = entry.binding.changesBox && state.readOnlyReason != nil
        let layout = state.layout
        // A few letters of it would tell nothing.
        let meaning =
            layout.isNarrow ? "" : isOff ? "off, read-only" : entry.binding.meaning
        let text = "\(isSelected ? "▸ " : "  ")\(name)  \(keys)  \(meaning)"
            .fitted(layout.dialogTextWidth)
        let style = Style(isOff ? .dim : .normal, isBold: isSelected, isReversed: isSelected)
        return TextLine(text, style)
    }

    private static func keyNames(_ entry: PaletteEntry) -> String {
        entry.keys.map(\.name).joined(separator: " ")
    }
}
