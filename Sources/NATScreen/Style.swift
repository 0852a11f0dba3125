/// How a cell looks, by what it means; the terminal layer picks the colours.
package struct Style: Hashable, Sendable {
    /// What the text means.
    package var role: Role
    /// Whether it stands out.
    package var isBold: Bool
    /// Whether foreground and background are exchanged.
    package var isReversed: Bool

    /// What a piece of text means. Each is readable without colour too: a sign goes with it.
    package enum Role: UInt8, Hashable, Sendable, CaseIterable {
        /// Plain text, in the terminal's own colours.
        case normal
        /// Text of lesser weight: ages, hints, what is off.
        case dim
        /// Column headings and borders.
        case heading
        /// Names of keys and other things to act on.
        case accent
        /// What natdeck made.
        case owned
        /// What is as it should be.
        case good
        /// What deserves a look.
        case warning
        /// What is wrong.
        case bad
    }

    /// A style of this role.
    package init(_ role: Role, isBold: Bool = false, isReversed: Bool = false) {
        self.role = role
        self.isBold = isBold
        self.isReversed = isReversed
    }

    /// Plain text.
    package static let normal = Style(.normal)

    /// The same, bold.
    package var bold: Style { Style(role, isBold: true, isReversed: isReversed) }
    /// The same, with foreground and background exchanged.
    package var reversed: Style { Style(role, isBold: isBold, isReversed: true) }
}
