internal import NATScreen

/// Something a key asks for.
enum Action: Hashable, Sendable {
    // Everywhere.
    case interrupt, redraw
    // In a view.
    case help, quit, back, suspend, reread
    case move(Movement)
    case sideways(Int)
    case show(ViewKind), nextPane(Int), nextInterface(Int)
    case details, problems
    case filter, sort(Int), invertSort
    case freeze, slower, faster, units, names
    case mark, assign, assignTyped, release, bringBack
    case keep, revert, finish, undo
    case mend, open
    case palette, sortBy(HostSort), markAll
    case copyCell, copyCommand
    case theme(ThemeName), mouse(Bool)
    case whichRule
    // In a dialog or an input line.
    case close, enter, switchFocus, accept
    case eraseCharacter, eraseAll
}
