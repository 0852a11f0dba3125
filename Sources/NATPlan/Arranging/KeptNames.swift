import NATModel

// Sources that are kept by a name, where rules and routes are as they should be already.
extension Box {
    /// That what is arranged by a name is kept by that name, where the file says otherwise; `nil` where
    /// it does not, or where nobody has read it.
    ///
    /// A host that is kept by a name is not kept by its address, which would count before it.
    func keeping(_ arrangements: [Arrangement]) -> Step? {
        guard arrangements.contains(where: { $0.name != nil }),
            case .value(let saved) = snapshot.saved
        else { return nil }
        let present = Dictionary(
            (saved ?? []).map { ($0.source, $0) }, uniquingKeysWith: { first, _ in first })
        let known = snapshot.names.value ?? []
        var lines: [KeptChange.Line] = []
        var names: [SourceName] = []
        for arrangement in arrangements {
            guard let name = arrangement.name else { continue }
            let kept = present[arrangement.source]
            let isByName = kept?.name == name
            let isKept =
                arrangement.egress == nil
                ? !isByName : isByName && kept?.egress == arrangement.egress
            guard !isKept else { continue }
            if !names.contains(name) {
                names.append(name)
                let before = isByName ? kept?.egress : known.first { $0.name == name }?.egress
                lines.append(.init(name, from: before, to: arrangement.egress))
            }
            if let kept, kept.name == nil {
                lines.append(.init(.prefix(kept.source), from: kept.egress, to: nil))
            }
        }
        guard !lines.isEmpty else { return nil }
        let list = names.map(\.description.strippedOfControls).joined(separator: ", ")
        let summary =
            arrangements.contains { $0.egress != nil }
            ? "\(list) is kept by that name: its hosts are followed"
            : "\(list) is kept no more"
        return Step(summary, .keep(KeptChange(lines)))
    }

    /// What is released, with the names that go with it: those whose hosts are all released.
    ///
    /// - Throws: for a host that a name keeps together with others, who would be released too.
    func named(_ released: [Arrangement]) throws(PlanRefusal) -> [Arrangement] {
        let sources = Set(released.map(\.source))
        var hosts: [SourceName: [IPv4Prefix]] = [:]
        for kept in (snapshot.saved.value ?? nil) ?? [] {
            if let name = kept.name { hosts[name, default: []].append(kept.source) }
        }
        guard !hosts.isEmpty else { return released }
        var names: [IPv4Prefix: SourceName] = [:]
        for (name, hosts) in hosts {
            guard let host = hosts.first(where: sources.contains) else { continue }
            let others = hosts.filter { !sources.contains($0) }
            guard others.isEmpty else {
                let word = name.description.strippedOfControls
                throw PlanRefusal(
                    host.description, "it is kept as \(word), and so is \(list(others))",
                    fix: "natdeck release \(Command.quoted(word)) releases all of them; assign"
                        + " \(host) by its address to have it leave otherwise")
            }
            for host in hosts { names[host] = name }
        }
        return released.map { Arrangement($0.source, egress: nil, name: names[$0.source]) }
    }
}
