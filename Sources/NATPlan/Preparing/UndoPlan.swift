import NATModel

/// Steps that were taken and are to be taken back, one by one.
public struct Undoing: Hashable, Codable, Sendable {
    /// What was done, in one sentence.
    public var title: String
    /// What was done, in the order in which it was.
    public var steps: [Step]
    /// The sources whose rules it touched, and which way each left before.
    public var ways: [Arrangement]
    /// What the file of assignments kept of these sources before, `nil` as the interface of one it
    /// did not name; `nil` where that is as they left.
    public var kept: [Arrangement]?
    /// Whether `ways` says enough to bring back what was before where the steps do not fit the box
    /// any more; `nil` for no.
    public var isArrangement: Bool?

    /// These steps, and what was before them.
    public init(
        title: String, steps: [Step], ways: [Arrangement], kept: [Arrangement]? = nil,
        isArrangement: Bool? = nil
    ) {
        self.title = title
        self.steps = steps
        self.ways = ways
        self.kept = kept
        self.isArrangement = isArrangement
    }
}

/// Plans that a change is taken back by the inverses it was written down with: they bring back
/// exactly what was there, a rule of the operator's own too.
///
/// Where the box is not as that change has left it, because somebody has made or removed the same
/// since or others need by now what it made, the sources are arranged to leave as they did.
struct UndoPlan {
    let box: Box
    let undoing: Undoing

    func plan() throws(PlanRefusal) -> Plan {
        let isArrangement = undoing.isArrangement == true
        guard !isArrangement || fits else {
            let options = AssignOptions()
            return try ArrangePlan(
                box: box, intent: .arrange(undoing.ways, options: options), options: options
            ).plan()
        }
        // What somebody has taken back already needs nothing.
        let inverses = undone.reversed().compactMap { step -> Step? in
            guard let inverse = step.inverse, stands(step.action) else { return nil }
            return Step("take back: \(step.summary)", inverse, inverse: step.action)
        }
        // The way back is another way too: what has begun on the one that goes ends.
        let ends = undoing.steps.compactMap { step -> Step? in
            // NAT that goes says nothing of what never had it.
            guard case .endFlows(let selection) = step.action, selection.untranslatedBut == nil
            else { return nil }
            return ConnectionStep.end(selection.source)
        }
        let marks = marks(after: inverses)
        let gate =
            isArrangement && (!inverses.isEmpty || givesOthers)
            ? try GateSteps(box: box, options: AssignOptions()).steps(
                undoing.ways, marks: marks, map: box.snapshot.map) : []
        var steps = gate + inverses
        if isArrangement, !steps.isEmpty {
            steps += GateSteps(box: box, options: AssignOptions()).after(
                steps, undoing.ways, marks: marks,
                forgets: leavesNothing(box.snapshot.applying(steps)))
        }
        var plan = Plan(
            intent: .undo(undoing), title: title(inverses),
            steps: steps.isEmpty ? [] : steps + ends,
            verifications: undoing.ways.compactMap { way in
                way.egress.map { .leaves(way.source, by: $0.interface) }
                    ?? (isArrangement ? .isReleased(way.source) : nil)
            })
        plan.doubts = box.facts.applying(steps).doubts(
            undoing.ways.compactMap { way in way.egress.map { (way.source, $0.interface) } })
        return plan
    }

    /// Whether connections may have begun meanwhile that keep their egress.
    private var keepsConnections: Bool {
        let sources = undoing.ways.map(\.source)
        // The rules for marks lead what the map steers, too.
        let isMapped = box.snapshot.map?.sources.contains { !sources.contains($0) } ?? false
        return box.method == .map || isMapped || box.mayKeepConnections(of: sources)
    }

    /// Whether a source left with another address than it leaves with now.
    private var givesOthers: Bool {
        undoing.ways.contains { way in
            way.egress.map { egress in
                box.facts.given(way.source, leavingBy: egress.interface) != egress.addresses
            } ?? false
        }
    }

    /// What is taken back: where only sources are arranged the gate is set for what is steered then,
    /// and what connections go by stays for as long as one may live.
    private var undone: [Step] {
        guard undoing.isArrangement == true else { return undoing.steps }
        guard keepsConnections else {
            return undoing.steps.filter {
                switch $0.action {
                case .setGate, .markConnections: false
                default: true
                }
            }
        }
        let marked = Set(
            box.rules.filter(\.isMark).compactMap(\.table)
                + undoing.steps.compactMap { step in
                    if case .routing(.addRule(let rule)) = step.action, rule.isMark {
                        rule.table
                    } else {
                        nil
                    }
                })
        guard !marked.isEmpty else { return undoing.steps }
        return undoing.steps.filter { step in
            switch step.action {
            case .routing(.addRule(let rule)): !rule.isMark
            case .routing(.addRoute(_, let table)), .routing(.deleteRoute(_, let table)):
                !marked.contains(table)
            case .setGate, .markConnections, .setParameter, .write(SysctlFile.path, _): false
            default: true
            }
        }
    }

    /// How connections are to be remembered once the sources leave as they did; `nil` where that
    /// stays as it is.
    private func marks(after inverses: [Step]) -> ConnectionMarks? {
        let after = box.snapshot.applying(inverses)
        var marks = (box.snapshot.gate.value ?? nil)?.marks
        // What leads connections by their mark comes back, and so does what marks them.
        if marks == nil, after.rules.value?.contains(where: \.isMark) ?? false {
            marks = marksBefore
        }
        marks?.sources = after.ruleSteered.uniqued().sorted()
        return marks
    }

    /// How connections were remembered before the change, where it ended that.
    private var marksBefore: ConnectionMarks? {
        for case .setGate(let gate)? in undoing.steps.map(\.inverse) { return gate?.marks }
        return nil
    }

    /// Whether nothing is steered then, and no rule leads connections.
    private func leavesNothing(_ after: Snapshot) -> Bool {
        let isLed = after.rules.value?.contains(where: \.isMark) ?? true
        return box.method == .rule && after.ownSteered.isEmpty && !isLed
    }

    private func title(_ inverses: [Step]) -> String {
        guard undoing.isArrangement == true, !undoing.ways.isEmpty else {
            return "undo «\(undoing.title)»"
        }
        let after = box.facts.applying(inverses)
        let names = undoing.ways.map {
            let found = after.decision(for: $0.source).interfaces
            let words = found.isEmpty ? "no interface" : found.joined(separator: " or ")
            return $0.egress?.words ?? words
        }
        return "\(list(undoing.ways.map(\.source))) will leave by "
            + "\(Set(names).sorted().joined(separator: ", ")) again"
    }

    private var added: Set<RoutingPolicyRule> {
        var added: Set<RoutingPolicyRule> = []
        for case .routing(.addRule(let rule)) in undone.map(\.action) { added.insert(rule) }
        return added
    }

    /// Whether the box is as the change has left it, and nobody else needs what it made.
    private var fits: Bool {
        // Of several changes of one entry the last is what stands.
        var last: [IPv4Prefix: Step.Action] = [:]
        for case .steer(.entry(let source, let from, let to)) in undone.map(\.action) {
            last[source] = .steer(.entry(source, from: from, to: to))
        }
        return undone.allSatisfy { step in
            if case .steer(.entry(let source, _, _)) = step.action, last[source] != step.action {
                return true
            }
            return step.inverse == nil || stands(step.action)
        } && isOnlyUser && nothingIsLeft
    }

    /// Whether the tables it made hold nothing more by now: what follows the table main would stay.
    private var nothingIsLeft: Bool {
        var made: [Int: [Route]] = [:]
        for case .routing(.addRoute(let route, let table)) in undone.map(\.action) {
            made[table, default: []].append(route)
        }
        return made.allSatisfy { id, routes in
            guard routes.contains(where: { $0.destination == .all }) else { return true }
            let present = box.tables.first { $0.id == id }?.routes.filter(\.isOwned) ?? []
            return present.count <= routes.count
        }
    }

    /// Whether what the change made serves none but the sources it was made for.
    private var isOnlyUser: Bool {
        let others = box.rules.filter { $0.source != nil && !added.contains($0) }
        let entered = Set(
            undone.compactMap { step -> IPv4Prefix? in
                if case .steer(.entry(let source, _, _?)) = step.action { source } else { nil }
            })
        let mapped = (box.snapshot.map?.entries ?? []).filter { entry in
            entry.number != SourceMap.free && !entered.contains(entry.source)
        }
        for action in undone.map(\.action) {
            switch action {
            case .routing(.addRoute(_, let table))
            where others.contains { $0.table == table }
                || mapped.contains { Ownership.table(of: $0.number) == table }:
                return false
            case .addMasquerade(let rule, _):
                let needsIt = others.contains { other in
                    guard other.isOwned, let source = other.source, rule.source.overlaps(source)
                    else { return false }
                    return box.tables.first { $0.id == other.table }?.defaultRoute?.interface
                        == rule.interface
                }
                let isMapped = mapped.contains { entry in
                    rule.source.overlaps(entry.source)
                        && box.table(Ownership.table(of: entry.number))?.defaultRoute?.interface
                            == rule.interface
                }
                if needsIt || isMapped { return false }
            // Our rule that internal traffic needs, wherever a host is steered.
            case .routing(.addRule(let rule))
            where rule.source == nil && others.contains(where: \.isOwned):
                return false
            default: continue
            }
        }
        return true
    }

    /// Whether what a step did is still so.
    private func stands(_ action: Step.Action) -> Bool {
        switch action {
        case .routing(.addRule(let rule)): box.rules.contains(rule)
        case .routing(.deleteRule(let rule)): !box.rules.contains(rule)
        case .routing(.addRoute(let route, let table)): has(route, table)
        case .routing(.deleteRoute(let route, let table)): !has(route, table)
        case .addMasquerade(let rule, _): has(rule)
        case .deleteMasquerade(let rule): !has(rule)
        case .setParameter(let name, let value): box.snapshot.sysctl(name) == value
        // A gate that cannot be read is taken for the one it was: the kernel decides.
        case .setGate(let gate):
            box.snapshot.gate.value.map { $0?.withoutMap == gate?.withoutMap } ?? true
        case .steer(let change): box.snapshot.map?.isSo(change) ?? false
        case .write(SysctlFile.path, let contents): box.sysctlFile == contents
        case .remove(SysctlFile.path): box.sysctlFile == nil
        // What is in other files the snapshot does not tell.
        // What is not read is taken for what it was: AWS decides.
        case .cloud(let change): box.snapshot.cloudSetup.value??.isSo(change) ?? true
        case .write, .remove, .keep, .endFlows, .markConnections, .forgetMarks: true
        }
    }

    /// Whether a table holds a route, whatever the kernel says of its link by now.
    private func has(_ route: Route, _ table: Int) -> Bool {
        box.tables.first { $0.id == table }?.routes.contains {
            $0.isOwned && $0.destination == route.destination && $0.type == route.type
                && $0.metric == route.metric && $0.interface == route.interface
                && $0.nextHop == route.nextHop
        } ?? false
    }

    private func has(_ rule: Masquerade) -> Bool {
        box.ownedMasquerades.contains {
            $0.set.backend == rule.backend && IPv4Prefix($0.rule.source) == rule.source
                && $0.rule.output == rule.interface
        }
    }
}

extension Gate {
    /// The gate whatever its map says: steps of their own change that.
    fileprivate var withoutMap: Gate {
        var gate = self
        gate.map = nil
        gate.isOfAnotherShape = false
        return gate
    }
}
