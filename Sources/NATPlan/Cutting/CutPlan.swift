import NATModel

/// Makes the plan that ends connections and changes nothing else.
///
/// What has ended does not come back, so no step has an inverse, and the plan says so.
struct CutPlan {
    let box: Box
    let cut: Cut

    func plan() throws(PlanRefusal) -> Plan {
        if case .flows(let keys) = cut { return plan(keys.uniqued()) }
        let flows: FlowTotals
        switch box.snapshot.flows {
        case .value(let totals): flows = totals
        case .failed(let failure):
            throw PlanRefusal(failure.object, failure.reason, fix: failure.fix)
        }
        var plan = Plan(intent: .cut(cut), title: "")
        var ended = 0
        var left: [String] = []
        for source in cut.sources {
            let hosts = flows.hosts.keys.filter { source.contains($0) }.sorted()
            if case .old = cut {
                for host in hosts {
                    for seen in old(of: host) {
                        ended += seen.count.flows
                        let place = place(seen, of: host)
                        left.append(place)
                        plan.steps.append(end(IPv4Prefix(host), seenAs: seen.address, by: place))
                    }
                }
            } else {
                let count = hosts.reduce(0) { $0 + translated(flows.hosts[$1], of: $1) }
                ended += count
                if count > 0 { plan.steps.append(end(source)) }
            }
        }
        plan.title = title(ended, left.uniqued())
        if !plan.isEmpty { plan.warnings = [Self.warning] }
        return plan
    }

    private static let warning =
        "what has ended does not come back: its host must connect anew, and this has no undo"

    private func plan(_ keys: [FlowKey]) -> Plan {
        Plan(
            intent: .cut(cut),
            title: keys.count == 1
                ? "end \(keys[0])" : "end \(keys.count) connections of \(names)",
            steps: keys.map {
                Step("end \($0)", .endFlows(FlowSelection($0)), inverse: nil)
            }, warnings: keys.isEmpty ? [] : [Self.warning])
    }

    /// The addresses that flows of a host still leave with, although its rules send it elsewhere.
    private func old(of host: IPv4Address) -> [HostFacts.Seen] {
        let facts = box.facts.host(IPv4Prefix(host))
        // Where nobody knows which way is the right one, none is the wrong one.
        guard facts.decision.interface != nil || facts.decision.end == .nowhere else { return [] }
        return facts.seen.filter {
            $0.count.flows > 0 && $0.interface != nil && !facts.isAsPromised($0)
        }
    }

    /// Where flows still leave: by an interface, or with another address of the right one.
    private func place(_ seen: HostFacts.Seen, of host: IPv4Address) -> String {
        let right = box.facts.decision(for: IPv4Prefix(host)).interface
        guard let name = seen.interface, name != right else { return "\(seen.address)" }
        return name
    }

    /// How many live flows leave with another address than the host's own.
    private func translated(_ flows: HostFlows?, of host: IPv4Address) -> Int {
        (flows?.seen ?? [:]).reduce(0) { $1.key == host ? $0 : $0 + $1.value.flows }
    }

    private func end(
        _ source: IPv4Prefix, seenAs address: IPv4Address? = nil, by place: String? = nil
    ) -> Step {
        let which = address == nil ? "" : " that still leave by \(place ?? "")"
        return Step(
            "end the connections of \(source)\(which), so that they start anew",
            .endFlows(FlowSelection(source, seenAs: address)), inverse: nil)
    }

    private func title(_ count: Int, _ places: [String]) -> String {
        let old =
            if case .old = cut {
                places.isEmpty
                    ? " that leaves another way than its rules say"
                    : " still on \(places.joined(separator: " and "))"
            } else { "" }
        if count == 0 { return "\(names): no connection\(old) is there to end" }
        return "end \(count) connection\(count == 1 ? "" : "s") of \(names)\(old)"
    }

    private var names: String {
        let sources = cut.sources
        guard sources.count > 3 else { return sources.map(\.description).joined(separator: ", ") }
        return "\(sources.count) sources"
    }
}
