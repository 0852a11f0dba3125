import NATModel

/// `natdeck flows` for people: a line for each, and one that says how many there are.
struct FlowsText {
    let list: FlowList
    /// When they were read, in milliseconds since 1970-01-01 UTC.
    let now: Int64

    var text: String {
        let rows = list.flows.map { facts -> [String] in
            let flow = facts.flow
            return [
                Transport.name(flow.original.transport), flow.original.sourceText,
                flow.original.destinationText,
                (facts.publicAddress ?? flow.reply.destination).description,
                facts.interface ?? "-", facts.agrees.map { $0 ? "yes" : "NO" } ?? "-",
                flow.stateText,
                flow.ageMilliseconds(at: now).map { Span.text(milliseconds: $0) } ?? "-",
                flow.traffic.map { "\($0.replyBytes)" } ?? "-",
                flow.traffic.map { "\($0.originalBytes)" } ?? "-",
            ]
        }
        let table = TextTable(
            [
                "PROT", "SOURCE", "DESTINATION", "SEEN AS", "NIC", "AGREES", "STATE", "AGE",
                "IN BYTES",
                "OUT BYTES",
            ], rightAligned: [7, 8, 9]
        ).lines(rows)
        let wrong = list.flows.count { $0.agrees == false }
        let count = "\(rows.count) live connection\(rows.count == 1 ? "" : "s")"
        let end = wrong == 0 ? count : "\(count), \(wrong) by another way than the rules say"
        return ((rows.isEmpty ? [] : table) + [end]).joined(separator: "\n") + "\n"
    }
}
