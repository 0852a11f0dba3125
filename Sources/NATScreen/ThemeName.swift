/// The looks an operator can choose from, by name; the terminal layer knows their colours.
package enum ThemeName: String, Hashable, Sendable, CaseIterable {
    /// On the terminal's own background, readable on black and on white.
    case standard = "default"
    /// Bright on a black of its own, whatever the terminal's colours are.
    case highContrast = "high-contrast"
    /// Blue and orange instead of green and red, and no two roles told apart by hue alone.
    case colourBlind = "colour-blind"
}
