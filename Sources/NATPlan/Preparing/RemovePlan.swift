import NATModel

/// Plans that everything natdeck put into the kernel and `/etc` goes away.
struct RemovePlan {
    let box: Box

    func plan() -> Plan {
        let steered = box.snapshot.ownSteered
        let rules = box.rules.filter(\.isOwned)
        let takenOver = box.takenOver
        let back = steered.flatMap { takenOver[$0] ?? [] }
        let present: Gate? = box.snapshot.gate.value ?? nil
        let changes =
            back.map(Steering.bringBack)
            + rules.filter { !$0.isMark }.sorted { $0.removalPlace < $1.removalPlace }.map {
                Steering.delete($0, summary(of: $0))
            }
        let forgotten = rules.filter(\.isMark).map(Steering.forget)
        let after = box.facts.applying(
            [Step("", .setGate(nil), inverse: nil)] + changes + forgotten)
        let opening = opening(present)
        let closing = Self.step(present.map(opened) ?? nil, nil)
        let mask = rules.first(where: \.isMark)?.mark?.mask ?? present?.marks?.mask
        let forgetting = mask.map {
            Step(
                "take the marks of natdeck off all connections", .forgetMarks(mask: $0),
                // What looks at them is gone.
                inverse: nil, mayFail: true)
        }
        let steps =
            opening + changes + ends(of: steered, after) + forgotten + closing
            + [forgetting].compactMap(\.self)
            + box.tables.filter { $0.routes.contains(where: \.isOwned) }
            .flatMap(TableSteps.delete)
            + forwardingStep
            + MasqueradeSteps.delete(box.ownedMasquerades) + otherParameters + fileSteps
        return Plan(
            intent: .removeAll,
            title: steps.isEmpty
                ? "nothing of natdeck is on this box"
                : "remove everything natdeck put on this box" + told(steered),
            steps: steps, warnings: steps.isEmpty ? [] : savedWarnings)
    }

    /// The gate of which nothing is left but what remembers connections; `nil` where it remembers none.
    private func opened(_ gate: Gate) -> Gate? {
        gate.marks.map { Gate(internals: gate.internals, marks: $0) }
    }

    /// Lets hosts go where the box's other rules send them. Connections keep their egress until they
    /// are ended: none leaves by another interface with the address of this one.
    private func opening(_ present: Gate?) -> [Step] {
        present.map { Self.step($0, opened($0)) } ?? []
    }

    private static func step(_ gate: Gate?, _ wanted: Gate?) -> [Step] {
        guard let gate, gate != wanted else { return [] }
        return [
            Step(
                wanted != nil || gate.marks == nil
                    ? "let nothing keep hosts from an interface any more"
                    : gate.keeps
                        ? "let nothing keep hosts or connections from an interface any more"
                        : "let nothing remember by which egress connections begin",
                .setGate(wanted), inverse: .setGate(gate))
        ]
    }

    /// Ends the connections that leave by another interface than their host will: those that are
    /// known, and on the way out of each source whatever begins meanwhile.
    private func ends(of steered: [IPv4Prefix], _ after: BoxFacts) -> [Step] {
        var selections: [FlowSelection] = []
        for source in steered {
            let way = box.facts.decision(for: source)
            guard after.decision(for: source).end != way.end else { continue }
            let addresses = way.interface.flatMap(box.facts.egress)?.ownAddresses.uniqued() ?? []
            selections +=
                addresses.isEmpty
                ? [FlowSelection(source)] : addresses.map { FlowSelection(source, seenAs: $0) }
        }
        let kept = Set(box.markedTables.values)
        for host in (box.snapshot.flows.value?.hosts ?? [:]).keys.sorted() {
            let source = IPv4Prefix(host)
            let way = after.decision(for: source)
            // Where somebody else's marks may decide, his connections are none of natdeck's.
            guard let interface = way.interface, way.doubts.isEmpty else { continue }
            for seen in box.facts.host(source).seen {
                guard let name = seen.interface, name != interface, kept.contains(name),
                    seen.address != host
                else { continue }
                selections.append(FlowSelection(source, seenAs: seen.address))
            }
        }
        return selections.uniqued().map(ConnectionStep.end)
    }

    private var savedWarnings: [String] {
        guard let saved = box.snapshot.saved.value ?? nil, !saved.isEmpty else { return [] }
        return [
            "\(SavedAssignment.path) stays: natdeck apply brings its assignments back, and so does"
                + " a running guard (natdeck service remove ends it)"
        ]
    }

    private func summary(of rule: RoutingPolicyRule) -> String {
        guard let source = rule.source else {
            if rule.isPass, rule.mark == nil {
                return "let what goes to internal networks be looked at by every rule again"
            }
            if rule.isPass { return "let nothing pass by the rules that close any more" }
            return rule.isLanding
                ? "remove the rule behind those for \(rule.priority == Ownership.landingPriority ? "sources" : "closed networks")"
                : "remove the internal rule of an earlier natdeck"
        }
        if rule.isClosing { return "close \(source) no more to what the map has not marked" }
        return rule.isPass
            ? "let the box's own address \(source) go by the other rules again"
            : "stop sending \(source) to table \(rule.table ?? 0)"
    }

    private func told(_ sources: [IPv4Prefix]) -> String {
        sources.isEmpty ? "" : ", and release \(list(sources))"
    }

    private static let forwarding = "net.ipv4.ip_forward"

    /// Forwarding stops before NAT goes, so that nothing leaks with a private address.
    private var forwardingStep: [Step] { parameterSteps { $0 == Self.forwarding } }
    private var otherParameters: [Step] { parameterSteps { $0 != Self.forwarding } }

    private func parameterSteps(_ isWanted: (String) -> Bool) -> [Step] {
        guard let contents = box.sysctlFile else { return [] }
        return SysctlFile(contents: contents).before.sorted { $0.key < $1.key }.compactMap {
            name, before in
            guard isWanted(name), let present = box.snapshot.sysctl(name), present != before
            else { return nil }
            return SysctlSteps.set(name, to: before, from: present, "put \(name) back")
        }
    }

    private var fileSteps: [Step] {
        [
            box.sysctlFile.map { contents in
                Step(
                    "remove natdeck's kernel parameters", .remove(path: SysctlFile.path),
                    inverse: .write(path: SysctlFile.path, contents: contents))
            },
            (box.snapshot.environment.networkdDropIn.value ?? nil).map { contents in
                Step(
                    "remove natdeck's settings of systemd-networkd",
                    .remove(path: Networkd.dropInPath),
                    inverse: .write(path: Networkd.dropInPath, contents: contents))
            },
        ].compactMap(\.self)
    }
}

extension RoutingPolicyRule {
    /// Those for sources go first, of a network before those of a host in it, which must not leave by
    /// the way of the network meanwhile; then what the box's own addresses pass by them with.
    fileprivate var removalPlace: (rank: Int, length: Int) {
        (isPass ? 1 : source == nil ? 2 : 0, source?.length ?? 0)
    }
}
