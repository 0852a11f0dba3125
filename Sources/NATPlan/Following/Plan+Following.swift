public import NATModel

extension Plan {
    /// What names that are followed have to do with this plan: who has an address now, and who had
    /// one. `nil` where the plan puts back what was lost.
    ///
    /// - Parameter known: the sources that were seen to leave as they are kept.
    public func following(_ names: [FollowedName], beyond known: Set<IPv4Prefix>) -> String? {
        let released = Set((intent.arrangements ?? []).filter { $0.egress == nil }.map(\.source))
        let made = Set(
            losses.compactMap { loss in
                if case .rule(let source) = loss, !known.contains(source) { source } else { nil }
            })
        let parts = names.compactMap { name -> String? in
            let gained = name.hosts.filter { made.contains(IPv4Prefix($0.address)) }
            let lost = name.former.filter { released.contains(IPv4Prefix($0.address)) }
            guard !gained.isEmpty || !lost.isEmpty else { return nil }
            let texts =
                gained.map { "\(Self.who($0)) now" } + lost.map { "no more \(Self.who($0))" }
            return "\(name.name) is ".strippedOfControls + " "
                + (texts.count > 6 ? texts.prefix(5) + ["\(texts.count - 5) more"] : texts)
                .joined(separator: ", ")
        }
        return parts.isEmpty ? nil : parts.joined(separator: "; ")
    }

    private static func who(_ host: FollowedName.Host) -> String {
        host.who.isEmpty ? "\(host.address)" : "\(host.address) (\(host.who))"
    }
}
