import NATScreen

/// How each role looks: a table of values, so that another theme is another table.
package struct Theme: Hashable, Sendable {
    /// How one role looks on terminals of different means.
    package struct Paint: Hashable, Sendable {
        /// Colour of 256, used where there are as many; `nil` is the terminal's own.
        package var extended: Int?
        /// The same for what is behind the text.
        package var extendedBackground: Int?
        /// Colour of the 8 every colour terminal has; `nil` is the terminal's own.
        package var basic: BasicColor?
        /// The same for what is behind the text.
        package var basicBackground: BasicColor?
        /// Looks added where the 256 colours are.
        package var extendedLooks: Looks = []
        /// Looks added where there are 8 or 16 colours.
        package var basicLooks: Looks = []
        /// Looks that stand in for colour where there is none.
        package var plainLooks: Looks = []

        /// How the role looks on a terminal with this many colours; 0 or less is monochrome.
        package func resolved(colors: Int) -> Look {
            switch colors {
            case 256...:
                Look(
                    foreground: extended, background: extendedBackground, looks: extendedLooks)
            case 8...:
                Look(
                    foreground: basic?.rawValue, background: basicBackground?.rawValue,
                    looks: basicLooks)
            default: Look(foreground: nil, background: nil, looks: plainLooks)
            }
        }
    }

    /// How a role looks on one terminal.
    package struct Look: Hashable, Sendable {
        /// Number of the colour; `nil` is the terminal's own.
        package var foreground: Int?
        /// Number of the colour behind the text; `nil` is the terminal's own.
        package var background: Int?
        /// What is not colour.
        package var looks: Looks
    }

    /// The colours of ECMA-48, in its order.
    package enum BasicColor: Int, Hashable, Sendable {
        /// Colours that a terminal's palette defines; yellow is brown on many.
        case black, red, green, yellow, blue, magenta, cyan, white
    }

    /// Looks other than colour.
    package struct Looks: OptionSet, Hashable, Sendable {
        /// The bits, those of the terminal layer in C.
        package let rawValue: UInt32

        /// A set of these bits.
        package init(rawValue: UInt32) { self.rawValue = rawValue }

        /// Heavier, on some terminals brighter.
        package static let bold = Looks(rawValue: 1)
        /// Fainter; not every terminal has it.
        package static let dim = Looks(rawValue: 2)
        /// Underlined.
        package static let underline = Looks(rawValue: 4)
        /// Foreground and background exchanged.
        package static let reverse = Looks(rawValue: 8)
    }

    /// The look of each role; a role that is missing is plain text.
    package let paints: [Style.Role: Paint]

    /// How a role looks.
    package subscript(role: Style.Role) -> Paint { paints[role] ?? Paint() }

    /// Readable on black and on white.
    ///
    /// The 256-colour values have a luminance near 0.18, which gives a contrast of about 4.5 with
    /// either (WCAG 2). Of the 8 colours plain blue is left out, unreadable on black, and bold
    /// yellow, unreadable on white.
    package static let standard = Theme(
        paints: [
            .dim: Paint(extended: 243, basicLooks: .dim, plainLooks: .dim),
            .heading: Paint(extendedLooks: .bold, basicLooks: .bold, plainLooks: .bold),
            .accent: Paint(extended: 31, basic: .cyan, plainLooks: .bold),
            .owned: Paint(extended: 133, basic: .magenta),
            .good: Paint(extended: 28, basic: .green),
            .warning: Paint(extended: 130, basic: .yellow, plainLooks: .underline),
            .bad: Paint(
                extended: 196, basic: .red, extendedLooks: .bold, basicLooks: .bold,
                plainLooks: [.bold, .underline]),
        ]
    )

    /// The theme of that name.
    package static func named(_ name: ThemeName) -> Theme {
        switch name {
        case .standard: standard
        case .highContrast: highContrast
        case .colourBlind: colourBlind
        }
    }
}
