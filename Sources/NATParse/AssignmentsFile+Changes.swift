public import NATModel

// What is kept from now on. Whatever is not changed stays byte for byte.
extension AssignmentsFile {
    /// Keeps that a source leaves so: on its line, else on a new one at the end.
    public mutating func set(_ source: SourceName, egress: Egress) {
        record([(source, egress)])
    }

    /// Keeps nothing of a source any more.
    public mutating func remove(_ source: SourceName) { record([(source, nil)]) }

    /// Keeps that each of these sources leaves by its egress, or nothing of it where there is
    /// none.
    public mutating func record(_ changes: [(source: SourceName, egress: Egress?)]) {
        let wanted = Dictionary(changes, uniquingKeysWith: { _, last in last })
        let places = places ?? presentPlaces
        var gone: Set<Int> = []
        var new: [NamedAssignment] = []
        // In the order in which they were wanted.
        for name in changes.map(\.source).uniqued() {
            guard let egress = wanted[name] ?? nil else {
                if let place = places[name] { gone.insert(place) }
                continue
            }
            if let place = places[name] {
                lines[place] = lines[place].leaving(by: egress)
            } else {
                new.append(NamedAssignment(name, egress: egress))
            }
        }
        let moving = gone.sorted().flatMap { lines[$0].assignment?.insteadOf ?? [] }
        if !gone.isEmpty {
            lines = lines.indices.filter { !gone.contains($0) }.map { lines[$0] }
            self.places = nil
        }
        for assignment in new { append(assignment) }
        remember(moving, among: changes.compactMap { $0.egress == nil ? nil : $0.source })
    }

    private var presentPlaces: [SourceName: Int] {
        Dictionary(
            lines.enumerated().compactMap { place, line in
                line.assignment.map { ($0.name, place) }
            }, uniquingKeysWith: { first, _ in first })
    }

    /// Remembers what stood on lines that have gone on those that keep the same from now on: on the
    /// host's own, else on that of the only name.
    private mutating func remember(_ rules: [RoutingPolicyRule], among sources: [SourceName]) {
        guard !rules.isEmpty else { return }
        let names = sources.filter { $0.prefix == nil }.uniqued()
        let named = names.count == 1 ? names.first : nil
        for rule in rules {
            guard let source = rule.source else { continue }
            let own = SourceName.prefix(source)
            guard let name = sources.contains(own) ? own : named else { continue }
            remember(takenOver: [rule], back: [], on: [source: name])
        }
    }

    /// Remembers the rules of the operator's own that were taken over, beside the sources they are
    /// for, and forgets those that are back.
    ///
    /// - Parameter names: the names by which sources are kept that have no line of their own.
    public mutating func remember(
        takenOver: [RoutingPolicyRule], back: [RoutingPolicyRule],
        on names: [IPv4Prefix: SourceName] = [:]
    ) {
        if takenOver.isEmpty, back.isEmpty { return }
        let sources = Set((takenOver + back).compactMap(\.source))
        for index in lines.indices {
            guard let present = lines[index].assignment else { continue }
            let own = present.name.prefix
            guard own.map(sources.contains) ?? true else { continue }
            var rules = (present.insteadOf ?? []).filter { !back.contains($0) }
            for rule in takenOver where !rules.contains(rule) {
                guard let source = rule.source,
                    own == source || own == nil && names[source] == present.name
                else { continue }
                rules.append(rule)
            }
            if rules != present.insteadOf ?? [] { lines[index] = lines[index].insteadOf(rules) }
        }
    }

    /// Makes the file keep what is assigned now.
    ///
    /// A source whose table has lost its interface for the moment stays as it was kept.
    ///
    /// - Parameter prunes: whether what is not assigned any more goes. That may be a rule that was
    ///   lost, so it goes by wish alone.
    /// - Parameter names: what names stand for; a host that one of them keeps is kept.
    /// - Returns: what changes, a line for each: `+` for new, `~` for moved, `-` for gone.
    public mutating func save(
        _ present: [Assignment], withForeign: Bool, prunes: Bool, knowing names: [FollowedName] = []
    ) -> [String] {
        let before = Dictionary(
            assignments(knowing: names).map { ($0.source, $0.egress) },
            uniquingKeysWith: { first, _ in first })
        var changes: [String] = []
        var wanted: [(source: SourceName, egress: Egress?)] = []
        for assignment in present {
            let kept = before[assignment.source]
            guard assignment.isOwned || withForeign || kept != nil,
                let egress = assignment.wanted, egress != kept
            else { continue }
            wanted.append((.prefix(assignment.source), egress))
            changes.append(
                kept.map { "~ \(assignment.source) \(egress) (was \($0))" }
                    ?? "+ \(assignment.source) \(egress)")
        }
        let sources = Set(present.map(\.source))
        // A name that stands for nobody now may stand for somebody tomorrow.
        for kept in assignments() where prunes && !sources.contains(kept.source) {
            wanted.append((.prefix(kept.source), nil))
            changes.append("- \(kept.source) \(kept.egress)")
        }
        record(wanted)
        return changes
    }

    private mutating func append(_ assignment: NamedAssignment) {
        let name = FileWord.spelling(of: assignment.name.description)
        let padding = String(repeating: " ", count: max(1, 19 - name.utf8.count))
        let egress = FileWord.spelling(of: assignment.egress.description)
        let line = Line(text: "\(name)\(padding)\(egress)", assignment: assignment)
        // The last piece is empty where the last line ends as it should.
        if lines.last?.text == "" { lines.removeLast() }
        lines += [line, Line(text: "")]
        places = nil
    }
}
