internal import NATModel
internal import NATScreen

/// The sum of all interfaces hosts can leave by.
struct EgressTotal: Sendable {
    /// Bytes received per second.
    var received: Sum
    /// Bytes sent per second.
    var sent: Sum
    /// Packets dropped per second.
    var dropped: Sum
    /// Flows that leave by any of them; `nil` where conntrack cannot be read.
    var flows: Int?
    /// Flows begun per second.
    var begun: Double?
    /// Sources that are to leave by any of them; `nil` where that is not known.
    var hosts: Int?
    /// What the sums leave out, and what is not listed at all; empty where that is nothing.
    var note: String

    /// A sum that knows how much of it is missing. What is not known is never added as zero.
    struct Sum: Hashable, Sendable {
        /// The sum of what is known; `nil` where nothing is.
        private(set) var known: Double?
        /// How many figures are not known.
        private(set) var missing = 0
        private var isFresh = true

        /// The sum of what these say.
        init(_ meters: [Meter]) {
            for meter in meters {
                if let figure = meter.perSecond {
                    known = (known ?? 0) + figure
                    isFresh = isFresh && meter.rate.isFresh
                } else {
                    missing += 1
                }
            }
        }

        private func cell(_ text: String) -> TableCell {
            let isPart = missing > 0 && known != nil
            return TableCell(
                isPart ? "≥\(text)" : text, Style(isFresh && known != nil ? .normal : .dim))
        }

        /// As traffic without its unit, `≥` before it where a part is not known.
        func short(inBytes: Bool) -> TableCell {
            cell(Figure.short(known, inBytes: inBytes))
        }

        /// As events per second.
        var perSecond: TableCell {
            cell(known.map { $0 == 0 ? "0" : Figure.rate($0) } ?? Figure.missing)
        }
    }

    /// The sum of what is shown now.
    init(_ state: DashboardState) {
        let observed = state.observed
        let egress = observed.egress
        let figures = egress.map { EgressPanel.traffic($0, state) }
        received = Sum(figures.map(\.received))
        sent = Sum(figures.map(\.sent))
        dropped = Sum(figures.map(\.dropped))
        let loads = egress.compactMap { observed.loads[$0.interface.index] }
        if observed.flows.totals != nil {
            flows = loads.reduce(0) { $0 + ($1.flows ?? 0) }
            let rates = loads.compactMap(\.begun)
            begun = rates.isEmpty ? nil : rates.reduce(0, +)
        }
        hosts = observed.knowsWays ? loads.reduce(0) { $0 + ($1.hosts ?? 0) } : nil
        let unknown = figures.count {
            $0.received.perSecond == nil || $0.sent.perSecond == nil
        }
        let all = observed.snapshot?.interfaces.value?.count
        let hidden = all.map { $0 - egress.count } ?? 0
        note = [unknown > 0 ? "\(unknown) unknown" : nil, hidden > 0 ? "\(hidden) hidden" : nil]
            .compactMap(\.self).joined(separator: "  ")
    }

    /// The sum of a column; `nil` of one that has none.
    func cell(_ column: EgressColumn, _ state: DashboardState) -> TableCell? {
        switch column {
        case .received: received.short(inBytes: state.showsBytes)
        case .sent: sent.short(inBytes: state.showsBytes)
        case .flows: TableCell(flows.map { Figure.amount($0) } ?? Figure.missing)
        case .begun: TableCell(begun.map(Figure.rate) ?? Figure.missing)
        case .dropped: dropped.perSecond
        case .hosts: TableCell(Figure.number(hosts))
        case .name, .publicAddress, .privateAddress, .receivedShare, .sentShare, .graph, .scale,
            .ports:
            nil
        }
    }
}
