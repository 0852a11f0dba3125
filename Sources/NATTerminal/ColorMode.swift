/// When to use colour.
package enum ColorMode: String, Hashable, Sendable, CaseIterable {
    /// Where the terminal has colours, unless `NO_COLOR` is set and not empty (no-color.org).
    case auto
    /// Where the terminal has colours, whatever `NO_COLOR` says.
    case always
    /// Not at all; bold, dim, underline and reverse remain.
    case never

    /// Whether to use colour, given the value of `NO_COLOR`.
    func wantsColor(noColor: String?) -> Bool {
        switch self {
        case .auto: noColor?.isEmpty ?? true
        case .always: true
        case .never: false
        }
    }
}
