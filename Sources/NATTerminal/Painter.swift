import CTerminal
import NATScreen

/// Renders frames into bytes through ncurses, which sends only what differs.
///
/// There is one in a process at a time, for the C layer holds one screen.
struct Painter: ~Copyable {
    let isASCII: Bool
    /// How many colours there are; 0 where none are wanted.
    private let colors: Int
    /// What each role looks like, by the role's raw value.
    private var looks: [(pair: Int32, attributes: UInt32)] = []
    private var last: Frame?
    private(set) var size: Size

    /// Opens the screen for the first of these terminal types that is known.
    init(terms: [String], size: Size, wantsColor: Bool, theme: Theme, isASCII: Bool)
        throws(TerminalError)
    {
        let term = terms.first ?? ""
        var result = Int32(ND_SCREEN_UNKNOWN_TERMINAL)
        for candidate in terms where result == Int32(ND_SCREEN_UNKNOWN_TERMINAL) {
            result = nd_screen_open(candidate, Int32(size.rows), Int32(size.columns))
        }
        switch Int(result) {
        case ND_SCREEN_OK: break
        case ND_SCREEN_CANNOT_PLACE_CURSOR: throw .cannotPlaceCursor(term: term)
        case ND_SCREEN_NO_MEMORY: throw .system(12)
        default: throw .noDescription(term: term)
        }
        self.size = size
        self.isASCII = isASCII
        colors = wantsColor ? Int(nd_screen_start_color()) : 0
        dress(in: theme)
    }

    /// Draws in the colours of this theme from now on, beginning with the next frame.
    mutating func setTheme(_ theme: Theme) {
        dress(in: theme)
        last = nil
    }

    private mutating func dress(in theme: Theme) {
        looks = Style.Role.allCases.map { role in
            let look = theme[role].resolved(colors: colors)
            if look.foreground == nil, look.background == nil { return (0, look.looks.rawValue) }
            let pair = Int32(role.rawValue) + 1
            nd_screen_set_pair(
                pair, Int32(look.foreground ?? -1), Int32(look.background ?? -1))
            return (pair, look.looks.rawValue)
        }
    }

    deinit { nd_screen_close() }

    /// Renders a frame; what lies outside the screen is cut off, what it leaves free is blank.
    ///
    /// - Returns: the bytes to send; none when the frame is already there.
    mutating func render(_ frame: Frame) -> [UInt8] {
        guard frame != last else { return [] }
        let comparable = last?.size == frame.size ? last : nil
        for row in 0..<size.rows {
            guard row < frame.size.rows else {
                put([], row: row, column: 0)
                continue
            }
            if let comparable, frame.isSame(as: comparable, row: row) { continue }
            put(frame[row: row], row: row, column: 0)
        }
        last = frame
        return flush()
    }

    /// Renders the last frame as if nothing were on the screen.
    mutating func repaint() -> [UInt8] {
        nd_screen_invalidate()
        return flush()
    }

    /// Renders at another size from now on, beginning with nothing.
    mutating func resize(to size: Size) {
        self.size = size
        last = nil
        nd_screen_resize(Int32(size.rows), Int32(size.columns))
    }

    /// The bytes that leave the alternate screen.
    func leave() -> [UInt8] {
        nd_screen_leave()
        return takeBytes()
    }

    private func flush() -> [UInt8] {
        nd_screen_flush()
        return takeBytes()
    }

    /// The bytes rendered so far.
    func takeBytes() -> [UInt8] {
        var bytes: [UInt8] = []
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 4096) { buffer in
            while true {
                let count = nd_screen_take(buffer.baseAddress, buffer.count)
                if count == 0 { return }
                bytes.append(contentsOf: buffer[..<count])
            }
        }
        return bytes
    }

    /// Puts a row, run by run of equal style, and blanks the rest of it.
    private func put(_ cells: ArraySlice<Cell>, row: Int, column: Int) {
        let cells = cells.prefix(size.columns)
        var scalars: [UInt32] = []
        scalars.reserveCapacity(size.columns)
        var index = cells.startIndex
        while index < cells.endIndex {
            let style = cells[index].style
            let start = index
            scalars.removeAll(keepingCapacity: true)
            while index < cells.endIndex, cells[index].style == style {
                append(cells, at: index, to: &scalars)
                index += 1
            }
            send(scalars, row: row, column: start - cells.startIndex, style: style)
        }
        let blanks = [UInt32](repeating: 0x20, count: size.columns - cells.count)
        send(blanks, row: row, column: cells.count, style: .normal)
    }

    /// Adds what stands for one cell, such that every cell stays in its column.
    private func append(
        _ cells: ArraySlice<Cell>, at index: Int, to scalars: inout [UInt32]
    ) {
        let scalar = cells[index].scalar
        let isWide = scalar.cellWidth == 2
        if scalar == "\0" {
            // ncurses fills the right half itself, unless the left one was replaced.
            let hasLeft = index > cells.startIndex && isSendable(cells[index - 1].scalar, width: 2)
            let isSameRun = hasLeft && cells[index - 1].style == cells[index].style
            if !isSameRun { scalars.append(0x20) }
        } else if isASCII {
            scalars.append(scalar.asciiFallback.value)
        } else if scalar.isASCII || isSendable(scalar, width: isWide ? 2 : 1) {
            // Half a wide character at the right edge would wrap.
            let isCut = isWide && index + 1 == cells.endIndex
            scalars.append(isCut ? 0x20 : scalar.value)
        } else {
            scalars.append(UInt32(UInt8(ascii: "?")))
        }
    }

    /// Whether the C library, and so ncurses, gives the character this width too.
    private func isSendable(_ scalar: Unicode.Scalar, width: Int32) -> Bool {
        !isASCII && nd_scalar_width(scalar.value) == width
    }

    private func send(_ scalars: [UInt32], row: Int, column: Int, style: Style) {
        guard !scalars.isEmpty else { return }
        let look = looks[Int(style.role.rawValue)]
        var attributes = Theme.Looks(rawValue: look.attributes)
        if style.isBold { attributes.insert(.bold) }
        if style.isReversed { attributes.insert(.reverse) }
        nd_screen_put(
            Int32(row), Int32(column), scalars, Int32(scalars.count), attributes.rawValue,
            look.pair)
    }
}
