internal import NATScreen

extension KeyBinding {
    /// What keys do to what a view shows.
    static let inViews: [KeyBinding] = [
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
            [.character("i"), .function(2)], .pickInstance, "Instance…",
            "assign an instance of EC2, picked from a list by its Name tag: it is followed",
            in: [.overview, .egress], changesBox: true),
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
            in: KeyContext.answering, rank: 1, changesBox: true),
        KeyBinding(
            [.character("R")], .revert, "Take back", "take back the change that is not kept yet",
            in: KeyContext.answering, rank: 1, changesBox: true),
        KeyBinding(
            [.character("F")], .finish, "Finish", "finish a change whose natdeck is gone",
            in: KeyContext.answering, rank: 1, changesBox: true),
        KeyBinding(
            [.character("u")], .undo, "Undo",
            "undo the last change that stands: opens a plan; while one awaits its keep, take it back",
            in: KeyContext.views, rank: 12, changesBox: true),
        KeyBinding(
            [.character("e")], .exceptions, "Only ≠",
            "only hosts that are otherwise than they should be, or all", in: [.overview], rank: 5),
        KeyBinding(
            [.character("s"), .function(6)], .sortMenu, "Sort", "choose what rows are ordered by",
            in: [.overview, .flows], rank: 6),
        KeyBinding(
            [.character(">")], .sort(1), "Sort", "order by the next column, by the one before",
            in: [.overview, .flows]),
        KeyBinding(
            [.character("<")], .sort(-1), "Sort", "order by the next column, by the one before",
            in: [.overview, .flows]),
        KeyBinding(
            [.character("I")], .invertSort, "Invert", "invert the order",
            in: [.overview, .flows, .sorting]),
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
}
