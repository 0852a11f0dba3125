import NATModel

/// The steps that keep the gate to what is kept.
struct GateSteps {
    let box: Box
    let options: AssignOptions

    /// - Parameters:
    ///   - arrangements: what the plan is about. An operator's plan opens the gate for its sources;
    ///     once it is kept, the guard closes it around their new interface.
    ///   - marks: how connections keep their egress; `nil` where that stays as it is.
    ///   - map: what marks packets by their source; `nil` where nothing is to.
    ///   - forgets: whether none does any more.
    func steps(
        _ arrangements: [Arrangement], marks: ConnectionMarks?, map: SourceMap?,
        forgets: Bool = false
    ) throws(PlanRefusal) -> [Step] {
        guard case .value(let present) = box.snapshot.gate else { return [] }
        var wanted = Gate()
        if let gated = options.gated {
            wanted = try gate(for: gated)
        } else if let present {
            wanted = present.without(Set(arrangements.map(\.source)))
        }
        wanted.marks = forgets ? nil : marks ?? present?.marks
        wanted.map = wanted.marks == nil ? nil : map
        // What is internal by now counts for both.
        if marks != nil { wanted.internals = try InternalDestinations(box).prefixes }
        let gate = wanted.isEmpty ? nil : wanted
        guard gate != present else { return [] }
        return [Step(summary(of: gate), .setGate(gate), inverse: .setGate(present))]
    }

    /// The step that takes the map away once rules do its work.
    static func withoutMap(_ gate: Gate) -> Step {
        var wanted = gate
        wanted.map = nil
        return Step(
            "let no map steer sources any more", .setGate(wanted), inverse: .setGate(gate))
    }

    private func summary(of gate: Gate?) -> String {
        let count = gate?.entries.reduce(0) { $0 + $1.sources.count } ?? 0
        let keeps = "let \(count) source\(count == 1 ? "" : "s") leave by no other interface"
        guard gate?.marks == nil else {
            return (count == 0 ? "" : keeps + ", and ")
                + "remember by which egress connections begin"
        }
        return count == 0 ? "let nothing keep hosts from an interface any more" : keeps
    }

    private func gate(for kept: [Arrangement]) throws(PlanRefusal) -> Gate {
        var sources: [String: [IPv4Prefix]] = [:]
        var free: Set<IPv4Prefix> = []
        for arrangement in kept {
            guard let egress = arrangement.egress else {
                free.insert(arrangement.source)
                continue
            }
            // A line that names no host is for a person to mend, and refused where it is planned.
            do throws(PlanRefusal) { try box.check(arrangement.source) } catch { continue }
            sources[egress, default: []].append(arrangement.source)
        }
        guard !sources.isEmpty else { return Gate() }
        let entries = sources.sorted { $0.key < $1.key }.map { egress, sources in
            Gate.Entry(
                egress: egress, sources: sources.sorted(),
                translated: Set(sources.filter { isTranslated($0, egress) }))
        }
        var gate = Gate(entries: entries, internals: try InternalDestinations(box).prefixes)
        gate.free = gate.exceptions(free)
        return gate
    }

    /// Whether a source never leaves with the address it has. One that a rule of the operator keeps
    /// from being translated does.
    private func isTranslated(_ source: IPv4Prefix, _ egress: String) -> Bool {
        let packet = ForwardedPacket(
            source: source, input: box.facts.input(of: source), output: egress)
        return box.facts.filters.nat(packet)?.exemption == nil
    }
}
