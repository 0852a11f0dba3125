internal import NATModel

/// What the hosts of the overview are ordered by.
enum HostSort: String, OrderingColumn {
    /// What is otherwise than it should be first, then by traffic.
    case attention
    case host, name, egress, seen, flows, begun, received, sent, why

    /// What the menu calls it.
    var title: String {
        switch self {
        case .attention: "Exceptions, then traffic"
        case .host: "HOST"
        case .name: "NAME"
        case .egress: "EGRESS"
        case .seen: "SEEN AS"
        case .flows: "FLOWS"
        case .begun: "NEW/s"
        case .received: "IN"
        case .sent: "OUT"
        case .why: "WHY"
        }
    }

    /// The column whose heading tells it.
    var column: HostColumn {
        switch self {
        case .host: .host
        case .name: .name
        case .egress: .egress
        case .seen: .seenAs
        case .flows: .flows
        case .begun: .begun
        case .attention, .received: .received
        case .sent: .sent
        case .why: .why
        }
    }

    /// Whether the highest comes first, unless the order is inverted: of figures it is what matters.
    var isFalling: Bool {
        switch self {
        case .attention, .flows, .begun, .received, .sent: true
        case .host, .name, .egress, .seen, .why: false
        }
    }

    var heading: HostSort { self == .attention ? .received : self }
}

/// The order of hosts, as their places in a list.
struct HostOrder {
    private let observed: Observed
    private let names: HostNames

    /// The hosts that were observed, with these names.
    init(_ observed: Observed, _ names: HostNames) {
        self.observed = observed
        self.names = names
    }

    /// The places in order. Equal ones stay in order of address.
    func places(by sort: HostSort, isInverted: Bool) -> [Int] {
        let (hosts, flows) = (observed.hosts, observed.flows)
        let places: [Int]
        // A host is looked at in its place: ten thousand would take longer to copy than to order.
        switch sort {
        case .host: places = Array(hosts.indices)
        case .attention:
            // The urgent first, then the rates from above: negative ones rise.
            places = ordered {
                (Double(hosts[$0].urgency), -(flows.rates(of: hosts[$0].source).traffic ?? -1))
            }
        case .flows:
            places = ordered { (0, -Double(flows.rates(of: hosts[$0].source).flows ?? -1)) }
        case .begun: places = ordered { (0, -(flows.rates(of: hosts[$0].source).begun ?? -1)) }
        case .received:
            places = ordered { (0, -(flows.rates(of: hosts[$0].source).received ?? -1)) }
        case .sent: places = ordered { (0, -(flows.rates(of: hosts[$0].source).sent ?? -1)) }
        case .name: places = spelled { names.name(of: hosts[$0].source) ?? "\u{10ffff}" }
        case .egress: places = spelled { hosts[$0].wanted ?? "\u{10ffff}" }
        case .why: places = spelled { hosts[$0].reason }
        case .seen:
            places = ordered {
                let seen = hosts[$0].shownAddress.map { Double($0.rawValue) }
                return (0, seen ?? Double(UInt32.max) + 1)
            }
        }
        return isInverted ? places.reversed() : places
    }

    private func ordered(_ key: (Int) -> (Double, Double)) -> [Int] {
        let keys = observed.hosts.indices.map(key)
        return keys.indices.sorted { left, right in
            keys[left] != keys[right] ? keys[left] < keys[right] : left < right
        }
    }

    private func spelled(_ key: (Int) -> String) -> [Int] {
        let keys = observed.hosts.indices.map(key)
        return keys.indices.sorted { (keys[$0], $0) < (keys[$1], $1) }
    }
}

extension HostOrder {
    /// What the order on the screen follows from: as long as that is the same, so is the order.
    struct Key: Hashable {
        /// How many snapshots were taken.
        var generation: Int
        var sort: HostSort
        var isInverted: Bool
        /// How often names were found.
        var names: Int
        /// Whether hosts hold still.
        var isHeld: Bool
        var showsExceptionsAlone: Bool
    }
}
