internal import NATScreen

/// Keys, what they ask for, and where. Dispatch, the bottom bar and the help all read this table,
/// so that none of them can name a key that does nothing.
struct KeyBinding: Hashable, Sendable {
    /// The keys, the one to show first in front; none where only the palette offers it.
    var keys: [Key]
    /// What they ask for.
    var action: Action
    /// In one word, for the bar.
    var label: String
    /// In a few words, for the help.
    var meaning: String
    /// Where they work.
    var contexts: Set<KeyContext>
    /// Place in the bar, the lowest last to be left out; `nil` for keys that are not in it.
    var rank: Int?
    /// Whether it changes the box, which `--readonly` forbids.
    var changesBox = false

    /// What the bar shows for its keys; `nil` for the first of them.
    var barName: String?

    /// A binding of these keys.
    init(
        _ keys: [Key], _ action: Action, _ label: String, _ meaning: String,
        in contexts: [KeyContext], rank: Int? = nil, changesBox: Bool = false,
        barName: String? = nil
    ) {
        self.barName = barName
        self.keys = keys
        self.action = action
        self.label = label
        self.meaning = meaning
        self.contexts = Set(contexts)
        self.rank = rank
        self.changesBox = changesBox
    }

    /// The binding of a key; `nil` where it has none there.
    static func find(_ key: Key, in context: KeyContext) -> KeyBinding? {
        all.first { $0.contexts.contains(context) && $0.keys.contains(key) }
    }
}

extension Key {
    /// Its name on the screen.
    var name: String {
        switch self {
        case .character(" "): "Space"
        case .character(let scalar): String(Character(scalar))
        case .control(let scalar): "Ctrl-" + String(Character(scalar)).uppercased()
        case .function(let number): "F\(number)"
        case .up: "↑"
        case .down: "↓"
        case .left: "←"
        case .right: "→"
        case .pageUp: "PgUp"
        case .pageDown: "PgDn"
        case .home: "Home"
        case .end: "End"
        case .enter: "Enter"
        case .escape: "Esc"
        case .tab: "Tab"
        case .backTab: "Shift-Tab"
        case .shiftUp: "Shift-↑"
        case .shiftDown: "Shift-↓"
        case .backspace: "Backspace"
        case .delete: "Del"
        }
    }
}
