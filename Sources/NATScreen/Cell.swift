/// One place on the screen: a character and how it looks.
package struct Cell: Hashable, Sendable {
    /// The character; NUL is the right half of a wide character before it.
    package var scalar: Unicode.Scalar
    /// How it looks.
    package var style: Style

    /// An empty place.
    package static let blank = Cell(scalar: " ", style: .normal)
}
