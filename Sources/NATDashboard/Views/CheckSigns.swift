package import NATDoctor
internal import NATScreen

extension Check.Status {
    /// A sign that tells it without colour.
    package var sign: String {
        switch self {
        case .error: "✗"
        case .warning: "!"
        case .unknown: "?"
        case .info: "·"
        case .ok: "✓"
        }
    }

    /// How it looks.
    var style: Style {
        switch self {
        case .error: Style(.bad, isBold: true)
        case .warning: Style(.warning)
        case .unknown: Style(.warning)
        case .info: .normal
        case .ok: Style(.good)
        }
    }
}
