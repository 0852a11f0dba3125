/// What a mouse did. Places count from 0 at the upper left corner.
package struct MouseEvent: Hashable, Sendable {
    /// What was done.
    package var kind: Kind
    /// The column of the cell under the pointer.
    package var column: Int
    /// The row of the cell under the pointer.
    package var row: Int

    /// What was done. Everything else a mouse can do means nothing here.
    package enum Kind: Hashable, Sendable {
        /// The first button went down, without Shift, Alt or Ctrl.
        case press
        /// The wheel was turned by one notch.
        case wheelUp, wheelDown
    }

    /// Something was done at a place.
    package init(_ kind: Kind, column: Int, row: Int) {
        self.kind = kind
        self.column = column
        self.row = row
    }
}
