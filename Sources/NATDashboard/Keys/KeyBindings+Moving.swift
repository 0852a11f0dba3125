internal import NATScreen

extension KeyBinding {
    private static let nextPane = "the next pane, the one before: interfaces, hosts, other views"

    /// What keys move: the bar, the text, and from one view to another.
    static let moving: [KeyBinding] = {
        let typed: [KeyContext] = KeyContext.views + [.reading, .details, .interface, .confirm]
        let arrows: [KeyContext] =
            typed + [
                .filter, .finding, .sorting, .palette, .picking, .assignInterface, .confirmTyped,
            ]
        var bindings = [
            KeyBinding([.up], .move(.lines(-1)), "Up", "up or down", in: arrows),
            KeyBinding([.down], .move(.lines(1)), "Down", "up or down", in: arrows),
            KeyBinding(
                [.pageUp], .move(.pages(-1)), "Page up", "a page up or down",
                in: typed + [.filter, .palette, .picking, .confirmTyped]),
            KeyBinding(
                [.pageDown], .move(.pages(1)), "Page down", "a page up or down",
                in: typed + [.filter, .palette, .picking, .confirmTyped]),
            KeyBinding(
                [.end], .move(.end), "End", "to the start or the end",
                in: [.confirmTyped, .picking, .palette]),
            KeyBinding(
                [.character("k")], .move(.lines(-1)), "Up", "up or down",
                in: typed + [.assignInterface, .sorting]),
            KeyBinding(
                [.character("j")], .move(.lines(1)), "Down", "up or down",
                in: typed + [.assignInterface, .sorting]),
            KeyBinding(
                [.home], .move(.start), "Start", "to the start or the end",
                in: typed + [.sorting, .picking, .palette]),
            KeyBinding(
                [.character("g")], .move(.start), "Start", "to the start or the end",
                in: typed.filter { $0 != .flows }),
            KeyBinding(
                [.character("G"), .end], .move(.end), "End", "to the start or the end",
                in: typed + [.sorting]),
            KeyBinding(
                [.left], .sideways(-8), "Scroll", "scroll sideways",
                in: [.rules, .nat, .flows, .doctor, .log],
                rank: 4, barName: "←→"),
            KeyBinding(
                [.right], .sideways(8), "Right", "scroll sideways",
                in: [.rules, .nat, .flows, .doctor, .log]),
            KeyBinding(
                [.left], .nextInterface(-1), "Next", "the next interface, the one before",
                in: [.interface], rank: 1, barName: "←→"),
            KeyBinding(
                [.right], .nextInterface(1), "Next", "the next interface, the one before",
                in: [.interface]),
            KeyBinding(
                [.left], .nextRow(-1), "Next", "the next row, the one before", in: [.details],
                rank: 1, barName: "←→"),
            KeyBinding(
                [.right], .nextRow(1), "Next", "the next row, the one before", in: [.details]),
            KeyBinding(
                [.tab], .nextPane(1), "Hosts", Self.nextPane, in: [.egress], rank: 3),
            KeyBinding(
                [.tab], .nextPane(1), "Pane", Self.nextPane, in: [.overview], rank: 18),
            KeyBinding(
                [.tab], .nextPane(1), "Pane", Self.nextPane,
                in: KeyContext.views.filter { $0 != .egress && $0 != .overview }),
            KeyBinding([.backTab], .nextPane(-1), "Back", Self.nextPane, in: KeyContext.views),
        ]
        let viewNames = "view " + ViewKind.allCases.map(\.title).joined(separator: ", ")
        for view in ViewKind.allCases {
            // The letter twin of the log.
            let letter: [Key] = view == .log ? [.character("@")] : []
            bindings.append(
                KeyBinding(
                    [view.key] + letter, .show(view), view.title, viewNames,
                    in: KeyContext.views))
        }
        return bindings
    }()
}
