internal import NATModel
internal import NATScreen

/// The sum of all interfaces hosts can leave by.
struct EgressTotal: Hashable, Sendable {
    /// Bytes received per second.
    var received: Sum
    /// Bytes sent per second.
    var sent: Sum
    /// New connections per second.
    var newConnections: Sum
    /// Sources that leave by any of them; `nil` where that is not known.
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

        /// As traffic, `≥` before it where a part is not known.
        func traffic(_ state: DashboardState) -> TableCell {
            cell(Figure.traffic(known, inBytes: state.showsBytes))
        }

        /// As traffic without its unit.
        func short(_ state: DashboardState) -> TableCell {
            cell(Figure.short(known, inBytes: state.showsBytes))
        }

        /// As events per second.
        var perSecond: TableCell { cell(Figure.perSecond(known)) }
    }

    /// The sum of what is shown now.
    init(_ state: DashboardState) {
        let egress = state.observed.egress
        let figures = egress.map { EgressPanel.traffic($0, state) }
        received = Sum(figures.map(\.received))
        sent = Sum(figures.map(\.sent))
        newConnections = Sum(figures.map(\.newConnections))
        hosts =
            state.observed.knowsWays
            ? egress.reduce(0) { $0 + state.observed.hostCount(of: $1.interface.name) } : nil
        let unknown = figures.count {
            $0.received.perSecond == nil || $0.sent.perSecond == nil
        }
        let all = state.observed.snapshot?.interfaces.value?.count
        let hidden = all.map { $0 - egress.count } ?? 0
        note = [unknown > 0 ? "\(unknown) unknown" : nil, hidden > 0 ? "\(hidden) hidden" : nil]
            .compactMap(\.self).joined(separator: "  ")
    }
}
