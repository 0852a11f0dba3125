internal import NATModel

/// What the hosts of the overview are ordered by.
enum HostSort: Int, Hashable, Sendable, CaseIterable {
    case host, egress, publicAddress

    /// The heading of the column.
    var title: String {
        switch self {
        case .host: "HOST"
        case .egress: "EGRESS"
        case .publicAddress: "PUBLIC"
        }
    }

    /// The column so many places further, round the end.
    func advanced(by distance: Int) -> HostSort {
        let all = Self.allCases
        return all[(rawValue + distance + all.count) % all.count]
    }

    /// Whether one entry comes before another; equal ones stay in order of address.
    func precedes(_ left: HostEntry, _ right: HostEntry) -> Bool {
        switch self {
        case .host: return left.source < right.source
        case .egress:
            return (left.egress ?? "~", left.source) < (right.egress ?? "~", right.source)
        case .publicAddress:
            let last = UInt64(UInt32.max) + 1
            let first = left.publicAddress.map { UInt64($0.rawValue) } ?? last
            let second = right.publicAddress.map { UInt64($0.rawValue) } ?? last
            return (first, left.source) < (second, right.source)
        }
    }
}
