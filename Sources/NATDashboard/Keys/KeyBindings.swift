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
            "assign the marked hosts, or the one under the bar: opens a plan, executes nothing",
            in: [.overview], rank: 2, changesBox: true),
        KeyBinding(
            [.character("A")], .assignTyped, "Assign…",
            "assign a source that is typed: an address, a network or a name",
            in: [.overview, .egress],
            changesBox: true),
        KeyBinding(
            [.character("d")], .release, "Release",
            "release the marked hosts to where other rules send them: opens a plan",
            in: [.overview], rank: 3, changesBox: true),
        KeyBinding(
            [.character("D")], .bringBack, "As kept",
            "bring all back to what was kept, where it differs (≠): opens a plan",
            in: [.overview, .egress], rank: 4,
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
            [.character("u")], .undo, "Undo",
            "undo the last change that stands: opens a plan; while one awaits its keep, take it back",
            in: KeyContext.views, rank: 12, changesBox: true),
        KeyBinding(
            [.character("e")], .exceptions, "Only ≠",
            "only hosts that are otherwise than they should be, or all", in: [.overview], rank: 5),
        KeyBinding(
            [.character("s"), .function(6)], .sortMenu, "Sort", "choose what hosts are ordered by",
            in: [.overview], rank: 6),
        KeyBinding(
            [.character(">")], .sort(1), "Sort", "order by the next column, by the one before",
            in: [.overview]),
        KeyBinding(
            [.character("<")], .sort(-1), "Sort", "order by the next column, by the one before",
            in: [.overview]),
        KeyBinding(
            [.character("I")], .invertSort, "Invert", "invert the order",
            in: [.overview, .sorting]),
        KeyBinding(
            [.character("/"), .function(4)], .filter, "Filter",
            "only rows with these words, addresses or networks; ! before one inverts it",
            in: KeyContext.views, rank: 7),
        KeyBinding(
            [.character("f"), .function(3)], .find, "Find", "jump to what is typed; n again",
            in: KeyContext.views, rank: 8),
        KeyBinding(
            [.character("n")], .findAgain, "Again", "jump to what is typed; n again",
            in: KeyContext.views),
        KeyBinding(
            [.character(" ")], .mark, "Mark", "mark the host under the bar", in: [.overview],
            rank: 9),
        KeyBinding(
            [.character("*")], .markAll, "Mark shown", "mark all hosts that are shown, or none",
            in: [.overview], rank: 10),
        KeyBinding(
            [.character("v")], .range, "Range", "mark a range: move, then v; or Shift with ↑ ↓",
            in: [.overview]),
        KeyBinding(
            [.shiftUp], .extendMarks(.lines(-1)), "Mark up",
            "mark a range: move, then v; or Shift with ↑ ↓", in: [.overview]),
        KeyBinding(
            [.shiftDown], .extendMarks(.lines(1)), "Mark down",
            "mark a range: move, then v; or Shift with ↑ ↓", in: [.overview]),
        KeyBinding(
            [.enter], .details, "Details",
            "all of the host: the chain from rule to flows, traffic, history", in: [.overview],
            rank: 11),
        KeyBinding(
            [.character("w")], .whichRule, "Which rule",
            "which rule decides for a host, what the kernel says, what flows prove",
            in: [.rules, .flows], rank: 3),
        KeyBinding(
            [.character("w")], .whichRule, "Which rule",
            "which rule decides for a host, what the kernel says, what flows prove",
            in: [.overview], rank: 13),
        KeyBinding(
            [.enter], .details, "Both tuples", "both tuples of the flow, and what it has carried",
            in: [.flows], rank: 2),
        KeyBinding(
            [.character("g")], .groupFlows, "Group",
            "groups by flow, peer, port or public IP", in: [.flows], rank: 3),
        KeyBinding(
            [.character("x")], .endFlows, "Cut", "end this flow, or the host's flows: opens a plan",
            in: [.flows], rank: 4, changesBox: true),
        KeyBinding(
            [.character("x")], .endFlows, "Cut",
            "end this flow, or the host's flows: opens a plan", in: [.overview], rank: 14,
            changesBox: true),
        KeyBinding(
            [.character("h")], .backToHost, "Host", "the host of the flow, in the overview",
            in: [.flows], rank: 6),
        KeyBinding(
            [.enter], .open, "Mend", "the plan that mends the selected check, or all that is known",
            in: [.doctor], rank: 2),
        KeyBinding(
            [.character("!")], .problems, "Problems", "what is wrong on the box, and what mends it",
            in: KeyContext.views, rank: 14),
        KeyBinding(
            [.character("p"), .character("Z"), .function(7)], .freeze, "Freeze",
            "hold the figures still, or let them go on", in: KeyContext.views + [.interface],
            rank: 15),
        KeyBinding(
            [.character("b")], .units, "Bits/bytes", "bits or bytes",
            in: [.overview, .egress, .interface, .flows], rank: 16),
        KeyBinding(
            [.character("N")], .names, "Names", "names of hosts, or numbers alone",
            in: [.overview, .egress, .interface], rank: 17),
        KeyBinding(
            [.character("+")], .slower, "Slower", "a longer interval, a shorter one",
            in: KeyContext.views),
        KeyBinding(
            [.character("-")], .faster, "Faster", "a longer interval, a shorter one",
            in: KeyContext.views),
        KeyBinding(
            [.enter], .details, "Details", "the selected row with nothing cut off",
            in: [.rules, .routes, .nat, .log], rank: 10),
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
            [.character(":")], .palette, "Command",
            "every action by its name, also of a host that is typed: flows 172.31.40.2",
            in: KeyContext.views),
        KeyBinding(
            [.control("r")], .reread, "Re-read", "read everything now, the cloud too",
            in: KeyContext.views),
        KeyBinding(
            [.control("z")], .suspend, "Suspend", "back to the shell; fg returns",
            in: KeyContext.views),
        KeyBinding(
            [.escape], .back, "Back", "clear the filter, then the marks, then back to the hosts",
            in: KeyContext.views),
        KeyBinding(
            [.character("q"), .function(10)], .quit, "Quit", "quit",
            in: KeyContext.views + [.tooSmall], rank: 0),
    ]

    /// What has no key and is called by its name.
    private static let byName: [KeyBinding] =
        [
            KeyBinding(
                [], .mend, "Mend check", "mend the selected check: opens a plan", in: [.doctor],
                changesBox: true)
        ]
        + HostSort.allCases.map { sort in
            KeyBinding(
                [], .sortBy(sort), "Sort by \(sort.title)", "order the hosts", in: [.overview])
        }
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
            typed + [.filter, .finding, .sorting, .palette, .assignInterface, .confirmTyped]
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
                in: typed + [.assignInterface, .sorting]),
            KeyBinding(
                [.character("j")], .move(.lines(1)), "Down", "up or down",
                in: typed + [.assignInterface, .sorting]),
            KeyBinding(
                [.home], .move(.start), "Start", "to the start or the end", in: typed + [.sorting]),
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

    private static let inDialogs: [KeyBinding] = [
        KeyBinding(
            [.escape, .enter, .character("q"), .function(10), .function(1)], .close, "Close",
            "close", in: [.reading, .interface], rank: 0),
        KeyBinding([.enter], .enter, "Ask", "ask", in: [.asking], rank: 0),
        KeyBinding([.escape], .close, "Close", "close", in: [.asking], rank: 1),
        KeyBinding([.enter], .enter, "Keep", "keep the filter", in: [.filter], rank: 0),
        KeyBinding([.escape], .close, "Undo", "undo the typing", in: [.filter], rank: 1),
        KeyBinding([.enter], .enter, "Stay", "stay there", in: [.finding], rank: 0),
        KeyBinding([.escape], .close, "Back", "back to where it began", in: [.finding], rank: 1),
        KeyBinding([.enter], .enter, "Close", "close", in: [.sorting], rank: 0),
        KeyBinding(
            [.escape, .character("q"), .character("s"), .function(6)], .close, "Close", "close",
            in: [.sorting], rank: 1),
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
            in: [.filter, .finding, .palette, .asking, .assignSource, .confirmTyped]),
        KeyBinding([.escape], .close, "Cancel", "cancel", in: [.confirmTyped], rank: 0),
        KeyBinding(
            [.enter], .accept, "Apply", "apply the plan, once the word is typed",
            in: [.confirmTyped], rank: 1),
        KeyBinding(
            [.control("u")], .eraseAll, "Erase all", "erase all",
            in: [.filter, .finding, .palette, .asking, .assignSource], rank: 3),
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
