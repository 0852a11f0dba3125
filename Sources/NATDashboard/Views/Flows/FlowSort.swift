internal import NATModel

/// What flows are ordered by.
enum FlowSort: OrderingColumn {
    /// Those that carry the most in both directions first.
    case traffic
    case transport, source, destination, seen, interface, state, age, left, received, sent

    var title: String {
        switch self {
        case .traffic: "What carries the most"
        case .transport: "PROT"
        case .source: "SOURCE"
        case .destination: "DESTINATION"
        case .seen: "SEEN AS"
        case .interface: "NIC"
        case .state: "STATE"
        case .age: "AGE"
        case .left: "LEFT"
        case .received: "IN"
        case .sent: "OUT"
        }
    }

    var isFalling: Bool {
        switch self {
        case .traffic, .age, .left, .received, .sent: true
        case .transport, .source, .destination, .seen, .interface, .state: false
        }
    }

    var heading: FlowSort { self == .traffic ? .received : self }
}

/// What groups of flows are ordered by.
enum FlowGroupSort: OrderingColumn {
    case flows, name, replied, closed, received, sent

    var title: String {
        switch self {
        case .flows: "FLOWS"
        case .name: "What they have in common"
        case .replied: "ANSWERED"
        case .closed: "CLOSED"
        case .received: "IN"
        case .sent: "OUT"
        }
    }

    var isFalling: Bool { self != .name }

    var heading: FlowGroupSort { self }
}

extension ColumnOrder<FlowSort> {
    /// The places of flows in this order. What is over comes last, whatever the order.
    func places(of list: FlowList, _ reader: FlowReader) -> [Int] {
        let flows = list.flows
        let places: [Int]
        switch column {
        case .traffic: places = self.places(flows.map { list.rates(of: $0)?.sum ?? -1 })
        case .received: places = self.places(flows.map { list.rates(of: $0)?.received ?? -1 })
        case .sent: places = self.places(flows.map { list.rates(of: $0)?.sent ?? -1 })
        case .transport: places = self.places(flows.map(\.original.transport))
        case .source:
            places = self.places(flows.map { Self.end($0.original.source, $0.original.sourcePort) })
        case .destination:
            places = self.places(
                flows.map { Self.end($0.original.destination, $0.original.destinationPort) })
        case .seen: places = self.places(flows.map { reader.outside($0) })
        case .interface: places = self.places(flows.map { reader.interface($0) })
        case .state: places = self.places(flows.map(\.stateText))
        // The earliest birth is the highest age; of those of whom it is not told none is known.
        case .age:
            places = self.places(flows.map { $0.beganAtNanoseconds.map { .max - $0 } ?? 0 })
        case .left: places = self.places(flows.map { Int64($0.timeoutSeconds ?? 0) })
        }
        return places.filter { flows[$0].isLive } + places.filter { !flows[$0].isLive }
    }

    /// An address and a port as one number.
    private static func end(_ address: IPv4Address, _ port: UInt16) -> UInt64 {
        UInt64(address.rawValue) << 16 | UInt64(port)
    }
}

extension ColumnOrder<FlowGroupSort> {
    /// Groups in this order; equal ones by name.
    func ordered(_ groups: [FlowGroup]) -> [FlowGroup] {
        let groups = groups.sorted { $0.name < $1.name }
        let places: [Int]
        switch column {
        case .flows: places = self.places(groups.map(\.flows))
        case .name: places = self.places(groups.map(\.name))
        case .replied: places = self.places(groups.map(\.replied))
        case .closed: places = self.places(groups.map(\.closed))
        case .received: places = self.places(groups.map { $0.received ?? -1 })
        case .sent: places = self.places(groups.map { $0.sent ?? -1 })
        }
        return places.map { groups[$0] }
    }
}
