internal import NATScreen

/// A view, by what it shows.
package enum ViewKind: Int, Hashable, Sendable, CaseIterable {
    case overview = 1
    case rules
    case routes
    case nat
    case flows
    case doctor
    case log

    /// The key that opens it.
    var number: Int { rawValue }

    /// The same, as it is pressed.
    var key: Key { .character(Unicode.Scalar(UInt8(48 + number))) }

    /// Its name on the screen.
    var title: String {
        switch self {
        case .overview: "Overview"
        case .rules: "Rules"
        case .routes: "Routes"
        case .nat: "NAT"
        case .flows: "Flows"
        case .doctor: "Doctor"
        case .log: "Log"
        }
    }

    /// The view so many places further, round the end.
    func advanced(by distance: Int) -> ViewKind {
        let all = Self.allCases
        let place = all.firstIndex(of: self) ?? 0
        return all[(place + distance + all.count) % all.count]
    }
}
