internal import NATScreen

extension KeyBinding {
    /// Every binding there is. Where a key has two in one place, the first counts.
    static let all: [KeyBinding] = inViews + byName + moving + inDialogs + everywhere

    private static let everywhere: [KeyBinding] = [
        KeyBinding(
            [.control("c")], .interrupt, "Quit", "quit, from everywhere",
            in: KeyContext.allCases),
        KeyBinding(
            [.control("l")], .redraw, "Redraw", "draw the screen again",
            in: KeyContext.allCases),
    ]

    private static let inViews: [KeyBinding] = [
        KeyBinding(
            [.function(1), .character("?")], .help, "Help", "this help", in: KeyContext.views,
            rank: 1),
        KeyBinding(
            [.character("a")], .assign, "Assign",
            "assign the marked hosts to an interface: opens a plan, executes nothing",
            in: [.overview], rank: 2, changesBox: true),
        KeyBinding(
            [.character("A")], .assignTyped, "Assign…",
            "assign a source that is typed: an address or a network",
            in: [.overview, .egress],
            changesBox: true),
        KeyBinding(
            [.character("d")], .release, "Release",
            "release the marked hosts to where other rules send them: opens a plan",
            in: [.overview], rank: 3, changesBox: true),
        KeyBinding(
            [.character("D")], .bringBack, "As kept",
            "bring all back to what was kept, where it differs (≠): opens a plan",
            in: [.overview, .egress],
            changesBox: true),
        KeyBinding(
            [.character("K")], .keep, "Keep", "keep the change that would be taken back by itself",
            in: KeyContext.views, rank: 1, changesBox: true),
        KeyBinding(
            [.character("R")], .revert, "Take back", "take back the change that is not kept yet",
            in: KeyContext.views, rank: 1, changesBox: true),
        KeyBinding(
            [.character("F")], .finish, "Finish", "finish a change whose natdeck is gone",
            in: KeyContext.views, rank: 1, changesBox: true),
        KeyBinding(
            [.character("u")], .undo, "Undo", "undo the last change that stands: opens a plan",
            in: KeyContext.views, rank: 5, changesBox: true),
        KeyBinding(
            [.character(" ")], .mark, "Mark", "mark several hosts", in: [.overview], rank: 5),
        KeyBinding(
            [.character("/"), .function(4)], .filter, "Filter", "show matching rows; ! inverts",
            in: KeyContext.views, rank: 4),
        KeyBinding(
            [.character("w")], .whichRule, "Which rule",
            "which rule decides for a host that is typed, and what the kernel says of it",
            in: [.rules], rank: 3),
        KeyBinding(
            [.character("w")], .whichRule, "Which rule",
            "which rule decides for a host that is typed, and what the kernel says of it",
            in: [.overview], rank: 11),
        KeyBinding(
            [.function(6), .character(">")], .sort(1), "Sort",
            "order by the next column, by the one before",
            in: [.overview], rank: 8),
        KeyBinding(
            [.character("<")], .sort(-1), "Sort", "order by the next column, by the one before",
            in: [.overview]),
        KeyBinding(
            [.character("I")], .invertSort, "Invert", "invert the order", in: [.overview]),
        KeyBinding(
            [.enter], .open, "Mend", "the plan that mends the selected check, or all that is known",
            in: [.doctor], rank: 2),
        KeyBinding(
            [.character("f")], .mend, "Mend check", "mend the selected check: opens a plan",
            in: [.doctor], changesBox: true),
        KeyBinding(
            [.character("!")], .problems, "Problems", "what is wrong on the box, and what mends it",
            in: KeyContext.views, rank: 7),
        KeyBinding(
            [.character("p"), .character("Z"), .function(7)], .freeze, "Freeze",
            "hold the figures still, or let them go on", in: KeyContext.views + [.interface],
            rank: 5),
        KeyBinding(
            [.character("b")], .units, "Bits/bytes", "bits or bytes",
            in: [.overview, .egress, .interface], rank: 9),
        KeyBinding(
            [.character("n")], .names, "Names", "names of hosts, or numbers alone",
            in: [.overview, .egress, .interface], rank: 8),
        KeyBinding(
            [.character("+")], .slower, "Slower", "a longer interval, a shorter one",
            in: KeyContext.views),
        KeyBinding(
            [.character("-")], .faster, "Faster", "a longer interval, a shorter one",
            in: KeyContext.views),
        KeyBinding(
            [.enter], .details, "Details", "the selected row with nothing cut off",
            in: KeyContext.views.filter { $0 != .doctor && $0 != .egress }, rank: 10),
        KeyBinding(
            [.enter], .details, "Details",
            "the selected interface: five minutes of traffic, addresses, table, rules, hosts",
            in: [.egress], rank: 2),
        KeyBinding(
            [.character("y")], .copyCell, "Copy",
            "copy the cell that names the row, or the command that makes or shows it",
            in: KeyContext.views),
        KeyBinding(
            [.character("Y")], .copyCommand, "Copy command",
            "copy the cell that names the row, or the command that makes or shows it",
            in: KeyContext.views),
        KeyBinding(
            [.character(":")], .palette, "Command", "every action by its name",
            in: KeyContext.views),
        KeyBinding(
            [.control("r")], .reread, "Re-read", "read the box now", in: KeyContext.views),
        KeyBinding(
            [.control("z")], .suspend, "Suspend", "back to the shell; fg returns",
            in: KeyContext.views),
        KeyBinding(
            [.escape], .back, "Back", "clear the filter, then the marks, then back to the hosts",
            in: KeyContext.views),
        KeyBinding(
            [.function(10), .character("q")], .quit, "Quit", "quit",
            in: KeyContext.views + [.tooSmall], rank: 0),
    ]

    /// What has no key and is called by its name.
    private static let byName: [KeyBinding] =
        HostSort.allCases.map { sort in
            KeyBinding(
                [], .sortBy(sort), "Sort by \(sort.title)", "order the hosts", in: [.overview])
        }
        + [
            KeyBinding(
                [], .markAll, "Mark all", "mark every host that is shown", in: [.overview])
        ]
        + ThemeName.allCases.map { name in
            KeyBinding(
                [], .theme(name), "Theme \(name.rawValue)", "other colours",
                in: KeyContext.views)
        }
        + [
            KeyBinding(
                [], .mouse(true), "Mouse on", "click rows, views and buttons; turn the wheel",
                in: KeyContext.views),
            KeyBinding(
                [], .mouse(false), "Mouse off", "the terminal's own selection is back",
                in: KeyContext.views),
        ]

    private static let nextPane = "the next pane, the one before: interfaces, hosts, other views"

    private static let moving: [KeyBinding] = {
        let typed: [KeyContext] = KeyContext.views + [.reading, .interface, .confirm]
        let arrows: [KeyContext] =
            typed + [.filter, .palette, .assignInterface, .confirmTyped]
        var bindings = [
            KeyBinding([.up], .move(.lines(-1)), "Up", "up or down", in: arrows),
            KeyBinding([.down], .move(.lines(1)), "Down", "up or down", in: arrows),
            KeyBinding(
                [.pageUp], .move(.pages(-1)), "Page up", "a page up or down",
                in: typed + [.filter, .palette, .confirmTyped]),
            KeyBinding(
                [.pageDown], .move(.pages(1)), "Page down", "a page up or down",
                in: typed + [.filter, .palette, .confirmTyped]),
            KeyBinding(
                [.end], .move(.end), "End", "to the start or the end", in: [.confirmTyped]),
            KeyBinding(
                [.character("k")], .move(.lines(-1)), "Up", "up or down",
                in: typed + [.assignInterface]),
            KeyBinding(
                [.character("j")], .move(.lines(1)), "Down", "up or down",
                in: typed + [.assignInterface]),
            KeyBinding(
                [.character("g"), .home], .move(.start), "Start", "to the start or the end",
                in: typed),
            KeyBinding(
                [.character("G"), .end], .move(.end), "End", "to the start or the end", in: typed),
            KeyBinding(
                [.left], .sideways(-8), "Scroll", "scroll sideways",
                in: [.rules, .nat, .doctor, .log],
                rank: 4, barName: "←→"),
            KeyBinding(
                [.right], .sideways(8), "Right", "scroll sideways",
                in: [.rules, .nat, .doctor, .log]),
            KeyBinding(
                [.left], .nextInterface(-1), "Next", "the next interface, the one before",
                in: [.interface], rank: 1, barName: "←→"),
            KeyBinding(
                [.right], .nextInterface(1), "Next", "the next interface, the one before",
                in: [.interface]),
            KeyBinding(
                [.tab], .nextPane(1), "Hosts", Self.nextPane, in: [.egress], rank: 3),
            KeyBinding(
                [.tab], .nextPane(1), "Pane", Self.nextPane, in: [.overview], rank: 4),
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

    private static let inDialogs: [KeyBinding] = [
        KeyBinding(
            [.escape, .enter, .character("q"), .function(10), .function(1)], .close, "Close",
            "close", in: [.reading, .interface], rank: 0),
        KeyBinding([.enter], .enter, "Ask", "ask", in: [.asking], rank: 0),
        KeyBinding([.escape], .close, "Close", "close", in: [.asking], rank: 1),
        KeyBinding([.enter], .enter, "Keep", "keep the filter", in: [.filter], rank: 0),
        KeyBinding([.escape], .close, "Undo", "undo the typing", in: [.filter], rank: 1),
        KeyBinding([.enter], .enter, "Run", "run the action", in: [.palette], rank: 0),
        KeyBinding([.escape], .close, "Close", "close", in: [.palette], rank: 1),
        KeyBinding([.enter], .enter, "Choose", "go on", in: [.assignSource], rank: 0),
        KeyBinding([.enter], .enter, "Plan", "show the plan", in: [.assignInterface], rank: 0),
        KeyBinding(
            [.tab, .backTab], .switchFocus, "Interface", "to the interfaces", in: [.assignSource],
            rank: 1),
        KeyBinding(
            [.down], .switchFocus, "Interface", "to the interfaces", in: [.assignSource]),
        KeyBinding(
            [.tab, .backTab], .switchFocus, "Edit source", "to the source",
            in: [.assignInterface], rank: 1),
        KeyBinding(
            [.escape], .close, "Close", "close", in: [.assignSource, .assignInterface], rank: 2),
        KeyBinding([.character("q")], .close, "Close", "close", in: [.assignInterface]),
        KeyBinding(
            [.backspace, .control("h")], .eraseCharacter, "Erase", "erase a character",
            in: [.filter, .palette, .asking, .assignSource, .confirmTyped]),
        KeyBinding([.escape], .close, "Cancel", "cancel", in: [.confirmTyped], rank: 0),
        KeyBinding(
            [.enter], .accept, "Apply", "apply the plan, once the word is typed",
            in: [.confirmTyped], rank: 1),
        KeyBinding(
            [.control("u")], .eraseAll, "Erase all", "erase all",
            in: [.filter, .palette, .asking, .assignSource], rank: 3),
        KeyBinding(
            [.tab, .backTab, .left, .right], .switchFocus, "Button", "the other button",
            in: [.confirm], rank: 3),
        KeyBinding([.character("y")], .accept, "Apply", "apply the plan", in: [.confirm], rank: 2),
        KeyBinding([.enter], .enter, "Button", "what is focused", in: [.confirm]),
        KeyBinding(
            [.character("Y")], .copyCommand, "Copy", "copy the commands", in: [.confirm],
            rank: 4),
        KeyBinding(
            [.escape, .character("q"), .character("n")], .close, "Cancel", "cancel",
            in: [.confirm], rank: 0),
    ]
}
