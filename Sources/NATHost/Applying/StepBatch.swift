import NATModel
import NATPlan

/// Steps of one kind that follow each other and are taken in one go.
enum StepBatch: Hashable {
    /// Rules and routes that are added.
    case additions
    /// Rules and routes that are deleted.
    case deletions
    /// Rules of one nat table, by the program that changes it.
    case nat(program: String)
    /// Connections that are ended.
    case connections
    /// Changes of the map, which are one transaction.
    case map

    /// The kind of an action; `nil` for one that is taken alone.
    init?(_ action: Step.Action) {
        switch action {
        case .routing(let change): self = change.isAddition ? .additions : .deletions
        case .addMasquerade(let rule, _), .deleteMasquerade(let rule):
            self = .nat(program: rule.program)
        case .endFlows: self = .connections
        case .steer: self = .map
        case .markConnections, .forgetMarks, .setParameter, .setGate, .write, .remove, .cloud,
            .keep:
            return nil
        }
    }

    /// How many are taken before it is written down how far the change has come.
    ///
    /// Between two rows a signal is heard and the screen ticks. A row of iptables costs as much as
    /// its whole table, one of connections a look at all there are, and one of the map its text.
    private var longest: Int {
        switch self {
        case .additions, .deletions: 256
        case .nat: 4096
        case .connections, .map: .max
        }
    }

    /// The rows in which these actions are taken, as places among them.
    static func rows(of actions: some Collection<Step.Action>) -> [Range<Int>] {
        var rows: [Range<Int>] = []
        var last: StepBatch?
        for (place, action) in actions.enumerated() {
            let kind = StepBatch(action)
            if let kind, kind == last, let row = rows.last, row.count < kind.longest {
                rows[rows.count - 1] = row.lowerBound..<place + 1
            } else {
                rows.append(place..<place + 1)
            }
            last = kind
        }
        return rows
    }
}
