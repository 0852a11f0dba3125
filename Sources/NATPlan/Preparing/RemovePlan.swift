import NATModel

/// Plans that everything natdeck put into the kernel and `/etc` goes away.
struct RemovePlan {
    let box: Box

    func plan() -> Plan {
        let steered = box.snapshot.ownSteered
        let rules = box.rules.filter(\.isOwned)
        let takenOver = box.takenOver
        let back = steered.flatMap { takenOver[$0] ?? [] }
        let changes =
            back.map(Steering.bringBack)
            + rules.sorted { $0.removalRank < $1.removalRank }.map {
                $0.isMark ? Steering.forget($0) : Steering.delete($0, summary(of: $0))
            }
        let after = box.facts.applying(
            [Step("", .setGate(nil), inverse: nil)] + changes)
        let moved = steered.filter { source in
            after.decision(for: source).end != box.facts.decision(for: source).end
        }
        // Rules before the tables they look up, and NAT after the hosts that need it.
        let present: Gate? = box.snapshot.gate.value ?? nil
        let gate = present.map {
            Step(
                $0.marks == nil
                    ? "let nothing keep hosts from an interface any more"
                    : "let nothing keep hosts or connections from an interface any more",
                .setGate(nil), inverse: .setGate($0))
        }
        let mask = rules.first(where: \.isMark)?.mark?.mask ?? present?.marks?.mask
        let forgetting = mask.map {
            Step(
                "take the marks of natdeck off all connections", .forgetMarks(mask: $0),
                // What looks at them is gone.
                inverse: nil, mayFail: true)
        }
        let steps =
            [gate].compactMap(\.self) + changes + [forgetting].compactMap(\.self)
            + moved.map(ConnectionStep.end)
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

    private var savedWarnings: [String] {
        guard let saved = box.snapshot.saved.value ?? nil, !saved.isEmpty else { return [] }
        return [
            "\(SavedAssignment.path) stays: natdeck apply brings its assignments back, and so does"
                + " a running guard (natdeck service remove ends it)"
        ]
    }

    private func summary(of rule: RoutingPolicyRule) -> String {
        guard let source = rule.source else {
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
    /// Those for sources go first, then what the box's own addresses pass by them with.
    fileprivate var removalRank: Int { isPass ? 1 : source == nil ? 2 : 0 }
}
