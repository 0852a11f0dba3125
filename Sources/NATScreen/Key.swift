/// A key as the terminal reports it.
package enum Key: Hashable, Sendable {
    /// A printable character; Space is one of them.
    case character(Unicode.Scalar)
    /// Ctrl with a letter, in lower case: `.control("c")`.
    case control(Unicode.Scalar)
    /// A function key, 1...12.
    case function(Int)
    /// An arrow key.
    case up, down, left, right
    /// An arrow key with Shift, by which a range is marked.
    case shiftUp, shiftDown
    /// A key that moves by more than a line.
    case pageUp, pageDown, home, end
    /// A key that does something to what is focused.
    case enter, escape, tab, backTab, backspace, delete
}
