import NATModel

/// The steps that keep the gate to what is kept.
struct GateSteps {
    let box: Box
    let options: AssignOptions

    /// - Parameter arrangements: what the plan is about. An operator's plan opens the gate for its
    ///   sources; once it is kept, the guard closes it around their new interface.
    func steps(_ arrangements: [Arrangement]) throws(PlanRefusal) -> [Step] {
        guard case .value(let present) = box.snapshot.gate else { return [] }
        let wanted: Gate?
        if options.closesOnly || options.closesUnusable {
            wanted = try kept
        } else {
            wanted = present?.without(Set(arrangements.map(\.source)))
        }
        let gate = wanted.flatMap { $0.isEmpty ? nil : $0 }
        guard gate != present else { return [] }
        let count = gate?.entries.reduce(0) { $0 + $1.sources.count } ?? 0
        return [
            Step(
                count == 0
                    ? "let nothing keep hosts from an interface any more"
                    : "let \(count) source\(count == 1 ? "" : "s") leave by no other interface",
                .setGate(gate), inverse: .setGate(present))
        ]
    }

    /// The gate for all that is kept, whatever the plan is about: what waits is closed too.
    private var kept: Gate {
        get throws(PlanRefusal) {
            let saved = ((box.snapshot.saved.value ?? nil) ?? []).filter { kept in
                GateScript.canName(kept.egress) && !options.leavesAlone.contains(kept.source)
            }
            guard !saved.isEmpty else { return Gate() }
            let entries = saved.map(\.egress).uniqued().map { egress in
                let sources = saved.filter { $0.egress == egress }.map(\.source)
                return Gate.Entry(
                    egress: egress, sources: sources,
                    translated: Set(sources.filter { isTranslated($0, egress) }))
            }
            return Gate(entries: entries, internals: try InternalDestinations(box).prefixes)
        }
    }

    /// Whether a source never leaves with the address it has. One that a rule of the operator keeps
    /// from being translated does.
    private func isTranslated(_ source: IPv4Prefix, _ egress: String) -> Bool {
        let packet = ForwardedPacket(
            source: source, input: box.facts.input(of: source), output: egress)
        return box.facts.filters.nat(packet)?.exemption == nil
    }
}
