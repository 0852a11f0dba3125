internal import NATModel
internal import NATScreen

/// A column of the hosts.
enum HostColumn: Hashable, Sendable, CaseIterable {
    case host, name, egress, seenAs, flows, begun, received, sent, graph, why

    /// Its heading.
    func title(inBytes: Bool) -> String {
        switch self {
        case .host: "HOST"
        case .name: "NAME"
        case .egress: "EGRESS"
        case .seenAs: "SEEN AS"
        case .flows: "FLOWS"
        case .begun: "NEW/s"
        case .received: inBytes ? "IN B/s" : "IN b/s"
        case .sent: inBytes ? "OUT B/s" : "OUT b/s"
        case .graph: "LAST 60 s"
        case .why: "WHY"
        }
    }

    /// The column as a table draws it. What tells who leaves by what is never left out.
    func column(inBytes: Bool, sign: String) -> Column {
        let title = title(inBytes: inBytes) + sign
        switch self {
        case .host: return Column(title: title, minimum: 13)
        case .name: return Column(title: title, minimum: 9, rank: 7, isFlexible: true)
        case .egress: return Column(title: title, minimum: 6)
        case .seenAs: return Column(title: title, minimum: 15)
        case .flows: return Column(title: title, alignment: .right, minimum: 5, rank: 3)
        case .begun: return Column(title: title, alignment: .right, minimum: 5, rank: 8)
        case .received: return Column(title: title, alignment: .right, minimum: 6, rank: 2)
        case .sent: return Column(title: title, alignment: .right, minimum: 7, rank: 4)
        case .graph:
            return Column(
                title: title, minimum: HostGraph.widths[0], rank: 9, forms: HostGraph.widths)
        case .why: return Column(title: title, minimum: 11, rank: 5, isFlexible: true)
        }
    }
}
