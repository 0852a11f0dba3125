/// Why there is no terminal to draw on.
package enum TerminalError: Error, Hashable, Sendable, CustomStringConvertible {
    /// stdin or stdout is not a terminal.
    case notATerminal(String)
    /// A terminal that cannot place the cursor, such as `TERM=dumb`.
    case cannotPlaceCursor(term: String)
    /// Neither `TERM` nor any common type is in the terminfo database.
    case noDescription(term: String)
    /// A terminal is open already; there can be one at a time.
    case alreadyOpen
    /// The system refused; an `errno`.
    case system(Int32)

    /// One line: what, and the fix where there is one.
    package var description: String {
        switch self {
        case .notATerminal(let name): "\(name) is not a terminal; try: natdeck status"
        case .cannotPlaceCursor(let term):
            "TERM=\(term) cannot place the cursor; set TERM to what the terminal is, "
                + "or try: natdeck status"
        case .noDescription(let term):
            "terminfo knows neither TERM=\(term) nor a common terminal; install ncurses-base"
        case .alreadyOpen: "the terminal is already open"
        case .system(let number): "the terminal could not be opened: errno \(number)"
        }
    }
}
