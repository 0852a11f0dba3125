import NATModel

extension Plan {
    /// What it has done once it stands, short enough for a line beside others: `172.31.26.176 and 2
    /// more → eth1`; its title where it is about the whole box, or moves nobody.
    public var deed: String {
        let moved = Set(steps.compactMap(\.action.steered))
        let arrangements = (intent.arrangements ?? []).filter { moved.contains($0.source) }
        guard !arrangements.isEmpty else { return title }
        var groups: [(egress: Egress?, sources: [IPv4Prefix])] = []
        for arrangement in arrangements {
            if let place = groups.firstIndex(where: { $0.egress == arrangement.egress }) {
                groups[place].sources.append(arrangement.source)
            } else {
                groups.append((arrangement.egress, [arrangement.source]))
            }
        }
        return groups.map { group in
            let rest = group.sources.count - 1
            let who = "\(group.sources[0])" + (rest > 0 ? " and \(rest) more" : "")
            return who + (group.egress.map { " → \($0.words)" } ?? " released")
        }.joined(separator: "; ")
    }
}
