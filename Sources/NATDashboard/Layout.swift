internal import NATScreen

/// Which rows of the screen hold what.
struct Layout: Hashable, Sendable {
    /// The screen.
    let size: Size

    /// Whether a row is taken by the change that is pending, or by its end.
    let hasPendingLine: Bool

    /// The layout of a screen of this size.
    init(_ size: Size, hasPendingLine: Bool = false) {
        self.size = size
        self.hasPendingLine = hasPendingLine
    }

    /// Whether there is room for one sentence only.
    var isTooSmall: Bool { size.columns < 40 || size.rows < 10 }
    /// Whether texts are told in short, and what can be scrolled to sideways is left out.
    var isNarrow: Bool { size.columns < Self.narrowColumns }
    /// A screen with fewer columns is narrow.
    static let narrowColumns = 72
    /// Whether the line that names the views is left out.
    var isShort: Bool { size.rows < 16 }

    /// The row below the last one of the views' own.
    var bodyEnd: Int { size.rows - (isShort ? 2 : 3) - (hasPendingLine ? 1 : 0) }
    /// The rows between the header and the lines at the bottom.
    var body: Range<Int> { 1..<max(bodyEnd, 1) }
    /// The row of remarks, the filter and the first problem.
    var remarkRow: Int { bodyEnd }
    /// The row of the change that is pending, where there is one.
    var pendingRow: Int { bodyEnd + 1 }

    /// Blank rows between the interfaces and the hosts.
    var gapBelowEgress: Int { body.count < 16 ? 0 : 1 }

    /// Room for a dialog's text: all but its border.
    var dialogTextWidth: Int { min(size.columns - (size.columns < 100 ? 2 : 12), 110) - 4 }
    /// The most lines of text a dialog shows at once, below the header where there is room.
    var dialogTextRows: Int { max(bodyEnd - (isShort ? 3 : 4), 0) }

    /// Room for a text that takes the whole body: all but its border.
    var filledTextWidth: Int { size.columns - 4 }
    /// The lines of such a text that are shown at once.
    var filledTextRows: Int { max(body.count - 2, 0) }
}
