internal import NATScreen

/// Something a key asks for.
enum Action: Hashable, Sendable {
    // Everywhere.
    case interrupt, redraw
    // In a view.
    case help, quit, back, suspend, reread
    case move(Movement)
    case sideways(Int)
    case show(ViewKind), nextPane(Int), nextInterface(Int), nextRow(Int)
    case details, problems
    case filter, find, findAgain, exceptions
    case sortMenu, sort(Int), invertSort
    case freeze, slower, faster, units, names
    case mark, range, extendMarks(Movement), assign, assignTyped, pickInstance, release, bringBack
    case keep, revert, finish, undo
    case mend, open
    case palette, sortBy(HostSort), markAll
    case copyCell, copyCommand
    case theme(ThemeName), mouse(Bool)
    case whichRule
    case groupFlows, backToHost, endFlows
    // In a dialog or an input line.
    case close, enter, switchFocus, accept
    case eraseCharacter, eraseAll

    /// Whether it leaves a dialog, moves in it or copies from it: it accepts nothing.
    var isHarmless: Bool {
        switch self {
        case .close, .move, .copyCommand: true
        default: false
        }
    }
}
