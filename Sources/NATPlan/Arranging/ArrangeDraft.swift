import NATModel

/// The steps of an arrangement as they come together, kept apart by kind until all are known.
struct ArrangeDraft {
    let box: Box
    let options: AssignOptions

    private var cover: [Step] = []
    private var tableSteps: [Step] = []
    private var add: [Step] = []
    private var delete: [Step] = []
    private var rules: [RoutingPolicyRule]
    /// The ways before the plan.
    private let ways: Ways
    /// The interface that each table of the plan leads to.
    private var tables: [Int: String] = [:]

    /// The steps that end connections which know the old way.
    private(set) var ends: [Step] = []
    /// The sources that a rule of the operator keeps from being translated.
    private(set) var exempt: Set<IPv4Prefix> = []
    /// The addresses the outside will see the assigned sources by, where they are known.
    private(set) var seenAs: [IPv4Prefix: IPv4Address] = [:]
    /// Which way each assigned source is to leave.
    private(set) var wanted: [IPv4Prefix: String] = [:]
    /// The sources for which there is something to do.
    private(set) var changed: Set<IPv4Prefix> = []
    /// The sources whose rules of ours go.
    private(set) var released: [IPv4Prefix] = []
    /// What could defeat the plan.
    private(set) var warnings: [String] = []
    /// What is dangerous about the tables and interfaces it uses.
    private(set) var hazards: [String] = []

    init(box: Box, options: AssignOptions) {
        self.box = box
        self.options = options
        rules = box.rules
        ways = Ways(rules: box.rules, tables: box.tables)
    }

    /// What is made, then what goes.
    var steps: [Step] {
        let isSteering = !wanted.isEmpty && rules.contains { $0.isOwned && $0.source != nil }
        let internalRule =
            isSteering && box.ownedInternalRule == nil
            ? [
                Steering.add(
                    Steering.internalRule, "keep traffic to internal networks internal")
            ] : []
        // Add before delete: no host falls through to main in between.
        return cover + tableSteps + internalRule + add + delete
    }

    /// The box as the plan leaves it, as far as the way out goes.
    var after: Snapshot {
        var after = box.snapshot
        after.rules = .value(rules.sorted { $0.priority < $1.priority })
        after.tables = .value(
            box.tables.filter { tables[$0.id] == nil }
                + tables.sorted { $0.key < $1.key }.map { id, egress in
                    FIBTable(id: id, routes: [Route(destination: .all, interface: egress)])
                })
        return after
    }

    /// Sources that are to leave by an interface.
    mutating func assign(_ sources: [IPv4Prefix], to egress: String) throws(PlanRefusal) {
        let interface = try box.usableInterface(egress)
        for source in sources { try box.check(source) }
        guard box.snapshot.sysctl("net.ipv4.ip_forward") != 0 else {
            throw PlanRefusal(
                "net.ipv4.ip_forward", "it is 0: the box forwards nothing", fix: "natdeck setup")
        }
        let steered = sources.filter { !isAccepted($0, leavingBy: egress) }
        var target: EgressTable.Target?
        if !steered.isEmpty {
            let made = try EgressTable(box: box, interface: interface, options: options)
                .target(for: steered, taken: Set(tables.keys))
            tables[made.table] = egress
            tableSteps += made.steps
            hazards += made.warnings
            target = made
        }
        for source in sources {
            wanted[source] = egress
            cover(source, leavingBy: egress)
            if let warning = box.gatewayWarning(source) { hazards.append(warning) }
            guard let target, steered.contains(source) else { continue }
            if !target.steps.isEmpty { changed.insert(source) }
            try steer(source, to: target.table, egress)
            if changed.contains(source), ways.way(of: source).interface != egress {
                ends.append(ConnectionStep.end(source))
            }
        }
        hazards += reversePathWarnings(interface)
    }

    /// Has a source translated, and notes what the outside will see it by.
    private mutating func cover(_ source: IPv4Prefix, leavingBy egress: String) {
        let interface = box.snapshot.egressInterface(egress)
        let answer = box.snapshot.natAnswer(
            source, leavingBy: egress, nextHop: interface?.gateway)
        if answer?.isCovered == true {
            seenAs[source] = interface?.promisedAddress(of: answer?.address)
            return
        }
        guard let step = box.coverStep(source, leavingBy: egress, warnings: &warnings) else {
            exempt.insert(source)
            return
        }
        cover.append(step)
        changed.insert(source)
        // Where rules may decide that natdeck cannot, nobody knows.
        if answer?.isCovered == false { seenAs[source] = interface?.promisedAddress }
    }

    private mutating func steer(
        _ source: IPv4Prefix, to table: Int, _ egress: String
    ) throws(PlanRefusal) {
        let rule = Steering.rule(for: source, table: table)
        let present = box.rules(for: source)
        if !present.contains(rule) {
            add.append(Steering.add(rule, "send \(source) to table \(table)"))
            rules.append(rule)
            changed.insert(source)
        }
        for old in present where old != rule {
            if !old.isOwned, stays(old, egress) {
                if old.priority <= rule.priority { warnings.append(old.defeat(of: source)) }
                continue
            }
            try box.checkDeletion(of: old, for: source)
            delete.append(Steering.delete(old, Self.summary(ofTakingOver: old)))
            rules.removeAll { $0 == old }
            changed.insert(source)
        }
        warnings += box.defeats(of: rule, for: source)
    }

    /// A source that goes back to where the box's other rules send it.
    mutating func release(_ source: IPv4Prefix) throws(PlanRefusal) {
        let present = box.rules(for: source)
        let owned = present.filter(\.isOwned)
        guard !owned.isEmpty else {
            // Foreign objects are never deleted but by a plan that takes them over.
            guard let rule = present.first else { return }
            // Without the rule for its own address an interface does not answer: no fix says so.
            try box.check(source)
            throw PlanRefusal(
                source.description,
                "its rule at priority \(rule.priority) was not made by natdeck",
                fix: "ip rule del priority \(rule.priority) \(rule.words)")
        }
        for rule in owned { try box.checkDeletion(of: rule, for: source) }
        released.append(source)
        delete += owned.map {
            Steering.delete($0, "stop sending \(source) to table \($0.table ?? 0)")
        }
        rules.removeAll { owned.contains($0) }
    }

    /// Whether the rule that decides for a source leads it to the interface by somebody else's
    /// table, and may go on doing so.
    private func isAccepted(_ source: IPv4Prefix, leavingBy egress: String) -> Bool {
        guard options.foreignRules != .takenOver, let rule = box.rules(for: source).first else {
            return false
        }
        return leads(rule, to: egress)
    }

    private func stays(_ rule: RoutingPolicyRule, _ egress: String) -> Bool {
        switch options.foreignRules {
        case .takenOver: false
        case .accepted: leads(rule, to: egress)
        case .leftAlone: true
        }
    }

    private func leads(_ rule: RoutingPolicyRule, to egress: String) -> Bool {
        guard let table = rule.table.flatMap(box.snapshot.table) else { return false }
        return !table.isOwned && table.defaultRoute?.interface == egress
    }

    private static func summary(ofTakingOver rule: RoutingPolicyRule) -> String {
        rule.isOwned
            ? "remove the rule to table \(rule.table ?? 0)"
            : "take over from the foreign rule at priority \(rule.priority)"
    }

    /// The kernel takes the larger of `all` and the interface's own value.
    private func reversePathWarnings(_ interface: Interface) -> [String] {
        let values = ["all", interface.name].compactMap {
            box.snapshot.sysctl("net.ipv4.conf.\($0).rp_filter")
        }
        guard values.max() == 1 else { return [] }
        return [
            "rp_filter is strict on \(interface.name): replies can be dropped where the way in and"
                + " the way out differ (natdeck setup makes it loose)"
        ]
    }
}

extension Box {
    /// The interface of that name, where hosts can leave by it now.
    func usableInterface(_ name: String) throws(PlanRefusal) -> Interface {
        guard let interface = interfaces.first(where: { $0.name == name }) else {
            let names = interfaces.filter { !$0.isLoopback }.map(\.name)
            throw PlanRefusal(
                name.strippedOfControls, "no such interface",
                fix: "this box has \(names.joined(separator: ", "))")
        }
        if interface.isLoopback {
            throw PlanRefusal(name, "the loopback leads nowhere outside")
        }
        if interface.state == .down {
            throw PlanRefusal(name, "the interface is down", fix: "ip link set \(name) up")
        }
        return interface
    }
}
