/// Where a key is pressed, as far as its meaning depends on it.
enum KeyContext: Hashable, Sendable, CaseIterable {
    /// The two panes of the overview: the hosts, and the interfaces above them.
    case overview, egress
    case rules, routes, nat, flows, doctor, log
    case filter, finding, sorting, palette, asking, picking, reading, details, interface
    case assignSource, assignInterface, confirm, confirmTyped
    case applying, tooSmall

    /// The views.
    static let views: [KeyContext] = [
        .overview, .egress, .rules, .routes, .nat, .flows, .doctor, .log,
    ]

    /// Where a pending change is answered: the views, and texts that are read over them, for its
    /// line stands below them and names the keys.
    static let answering: [KeyContext] = views + [.reading, .details, .interface]

    /// The context of a view.
    init(_ view: ViewKind) {
        switch view {
        case .overview: self = .overview
        case .rules: self = .rules
        case .routes: self = .routes
        case .nat: self = .nat
        case .flows: self = .flows
        case .doctor: self = .doctor
        case .log: self = .log
        }
    }
}
