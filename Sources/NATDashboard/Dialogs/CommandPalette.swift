internal import NATModel
internal import NATPlan
internal import NATScreen

/// An action as the palette offers it.
struct PaletteEntry: Hashable, Sendable {
    /// What it is called.
    var name: String
    /// The keys that do the same; empty where none does.
    var keys: [Key]
    /// The binding that is carried out.
    var binding: KeyBinding

    /// How well typed words match, the best lowest; `nil` where one of them does not.
    ///
    /// A word is looked for at the start of the name, of one of its words, in it, in the meaning
    /// where it is long enough to mean something, and last of all as letters of the name with
    /// others between them.
    func rank(_ words: [String]) -> Int? {
        let name = name.lowercased()
        let meaning = binding.meaning.lowercased()
        var sum = 0
        for word in words {
            if case .show(let view) = binding.action, view.title.lowercased() == word {
                // Who types the name of a view means the view.
                sum -= 2
            } else if name.hasPrefix(word) {
                sum += 0
            } else if name.split(separator: " ").contains(where: { $0.hasPrefix(word) }) {
                sum += 1
            } else if name.contains(word) {
                sum += 2
            } else if word.count > 2, meaning.contains(word) {
                sum += 4
            } else if Self.isSpread(word, in: name) {
                sum += 8
            } else {
                return nil
            }
        }
        return sum
    }

    private static func isSpread(_ word: String, in name: String) -> Bool {
        var rest = name[...]
        for character in word {
            guard let place = rest.firstIndex(of: character) else { return false }
            rest = rest[place...].dropFirst()
        }
        return true
    }
}

extension KeyBinding {
    /// What the palette calls it: its label, where that alone would not tell it from others.
    fileprivate var paletteName: String {
        switch action {
        case .show(let view): "Show \(view.title)"
        case .sort(let distance): distance < 0 ? "Sort previous" : "Sort next"
        case .sideways(let cells): cells < 0 ? "Scroll left" : "Scroll right"
        case .nextPane(let distance): distance < 0 ? "Previous pane" : "Next pane"
        default: label
        }
    }
}

// Keys while an action is chosen by its name.
extension DashboardState {
    /// The actions that work in the open view and match what was typed, the best match first.
    func paletteEntries(_ palette: TypedSearch) -> [PaletteEntry] {
        let context = viewContext
        var entries: [PaletteEntry] = []
        var places: [Action: Int] = [:]
        for binding in KeyBinding.all where binding.contexts.contains(context) {
            // Ctrl-C is Quit once more.
            if binding.action == .palette || binding.action == .interrupt { continue }
            guard BottomBar.isAlive(binding, self) else { continue }
            if let place = places[binding.action] {
                entries[place].keys += binding.keys
            } else {
                places[binding.action] = entries.count
                entries.append(
                    PaletteEntry(
                        name: binding.paletteName, keys: binding.keys, binding: binding))
            }
        }
        // A host that is typed is what it acts on, and no part of its name.
        let aim = aim(of: palette)?.word
        let words = palette.text.lowercased().split(separator: " ").map(String.init)
            .filter { $0 != aim }
        let ranked = entries.enumerated().compactMap { index, entry in
            entry.rank(words).map { (rank: $0, index: index, entry: entry) }
        }
        return ranked.sorted { ($0.rank, $0.index) < ($1.rank, $1.index) }.map(\.entry)
    }

    /// Does what a key asks for.
    mutating func choose(_ palette: TypedSearch, _ key: Key, _ action: Action?) -> [Effect] {
        if action == .enter { return runSelected(palette) }
        var next = palette
        let stays = next.take(
            key, action,
            among: (paletteEntries(palette).map(\.name), PalettePanel.entryRows(layout)))
        mode = stays ? .choosing(next) : .browsing
        return []
    }

    /// Runs the selected action as its key would, refusals included.
    mutating func runSelected(_ palette: TypedSearch) -> [Effect] {
        let entries = paletteEntries(palette)
        guard
            let entry = entries.first(where: { $0.name == palette.place.selected }) ?? entries.first
        else {
            remark = TextLine("no action is called \(palette.text)", Style(.warning))
            return []
        }
        mode = .browsing
        guard let source = aim(of: palette)?.source else { return run(entry.binding) }
        return run(entry.binding, on: source)
    }

    /// The host that is typed after the name of an action: `flows 172.31.40.2`; `nil` where none is.
    func aim(of palette: TypedSearch) -> (word: String, source: IPv4Prefix)? {
        for word in palette.text.lowercased().split(separator: " ").map(String.init) {
            if let source = IPv4Prefix(word) ?? names.address(of: word).map({ IPv4Prefix($0) }) {
                return (word, source)
            }
        }
        return nil
    }

    /// Runs an action on a host, whatever is under the bar.
    private mutating func run(_ binding: KeyBinding, on source: IPv4Prefix) -> [Effect] {
        if binding.changesBox, readOnlyReason != nil { return run(binding) }
        switch binding.action {
        case .show(.flows):
            flowList.ask(for: [source])
            view = .flows
        case .assign, .assignTyped: openAssign([source])
        case .release: return release([source])
        case .whichRule: return put(source.representative)
        case .details, .mark:
            guard observed.host(source) != nil else {
                remark = TextLine("\(source) is not listed", Style(.warning))
                return []
            }
            (view, overviewPane) = (.overview, .hosts)
            tables[.overview, default: TableState<RowID>()].select(.host(source))
            return run(binding)
        case .endFlows: return plan([source]) { .cut(.all($0)) }
        // What would act on another host than the one that was typed does nothing.
        case _ where binding.changesBox || binding.action == .range:
            remark = TextLine("\(binding.label) takes no host", Style(.warning))
        default: return run(binding)
        }
        return []
    }

    /// What the actions act on, for the title: the host that is typed, the marked ones, or the one
    /// under the bar.
    func aimText(_ palette: TypedSearch) -> String {
        if let source = aim(of: palette)?.source { return " on \(source)" }
        guard view == .overview, !isEgressFocused else { return "" }
        if marked.count > 1 { return " on \(marked.count) marked hosts" }
        return chosenSources.first.map { " on \($0)" } ?? ""
    }

    /// Finds the selection again after the actions that are offered may have changed.
    mutating func settlePalette() {
        guard case .choosing(var palette) = mode else { return }
        palette.place.settle(
            paletteEntries(palette).map(\.name),
            visibleRows: PalettePanel.entryRows(layout))
        mode = .choosing(palette)
    }
}
