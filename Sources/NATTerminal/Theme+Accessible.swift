import NATScreen

// The themes for eyes that the standard one does not serve.
extension Theme {
    /// Bright on black: no colour reaches seven to one (WCAG 2, level AAA) on white and on black
    /// both, so it brings its own background.
    static let highContrast = Theme(
        paints: [
            .normal: bright(231, .white), .dim: bright(250, .white),
            .heading: bright(231, .white, .bold, plain: .bold),
            .accent: bright(51, .cyan, .underline, plain: .underline),
            .owned: bright(213, .magenta, .bold), .good: bright(120, .green),
            .warning: bright(226, .yellow, [.bold, .underline], plain: .underline),
            .bad: Paint(
                extended: 231, extendedBackground: 88, basic: .white, basicBackground: .red,
                extendedLooks: .bold, basicLooks: .bold, plainLooks: [.bold, .underline]),
        ])

    private static func bright(
        _ extended: Int, _ basic: BasicColor, _ looks: Looks = [], plain: Looks = []
    ) -> Paint {
        Paint(
            extended: extended, extendedBackground: 16, basic: basic, basicBackground: .black,
            extendedLooks: looks, basicLooks: looks, plainLooks: plain)
    }

    /// Blue for what is well and orange for what is not, which every kind of colour blindness
    /// keeps apart; and looks that tell the roles from each other without any colour.
    ///
    /// On the terminal's own background: the values keep a contrast of 3.7 or more with black and
    /// with white. The 8 colours have no orange, and plain blue is unreadable on black: there the
    /// looks carry it.
    static let colourBlind = Theme(
        paints: [
            .dim: Paint(extended: 243, basicLooks: .dim, plainLooks: .dim),
            .heading: Paint(extendedLooks: .bold, basicLooks: .bold, plainLooks: .bold),
            .accent: Paint(
                extendedLooks: .underline, basicLooks: .underline, plainLooks: .underline),
            .owned: Paint(
                extended: 133, basic: .magenta, extendedLooks: .bold, basicLooks: .bold),
            .good: Paint(extended: 32, basic: .cyan),
            .warning: Paint(
                extended: 166, basic: .yellow, extendedLooks: .underline, basicLooks: .underline,
                plainLooks: .underline),
            .bad: Paint(
                extended: 166, basic: .yellow, extendedLooks: [.bold, .reverse],
                basicLooks: .reverse, plainLooks: [.bold, .underline]),
        ])
}
