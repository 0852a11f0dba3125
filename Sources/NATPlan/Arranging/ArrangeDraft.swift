import NATModel

/// The steps of an arrangement as they come together, kept apart by kind until all are known.
struct ArrangeDraft {
    let box: Box
    let options: AssignOptions

    /// The addresses that the plan gives sources; one that leaves as other NAT says is absent.
    private let addresses: [IPv4Prefix: [IPv4Address]]

    private var cover: [Step] = []
    private var tableSteps: [Step] = []
    private(set) var add: [Step] = []
    private(set) var delete: [Step] = []
    /// Entries of the map that come, change or go.
    private(set) var entries: [MapChange] = []
    /// The operator's own rules that come back where their source is released.
    private let takenOver: [IPv4Prefix: [RoutingPolicyRule]]
    /// The interface that each table of the plan leads to.
    private(set) var tables: [Int: String] = [:]

    /// The steps that end connections which know the old way.
    private(set) var ends: [Step] = []
    /// The sources that a rule of the operator keeps from being translated.
    private(set) var exempt: Set<IPv4Prefix> = []
    /// The addresses the outside will see the assigned sources by, where they are known.
    private(set) var seenAs: [IPv4Prefix: IPv4Address] = [:]
    /// The assigned sources, in order.
    private(set) var sources: [IPv4Prefix] = []
    /// Which way each assigned source is to leave.
    private(set) var wanted: [IPv4Prefix: String] = [:]
    /// The sources for which there is something to do.
    private(set) var changed: Set<IPv4Prefix> = []
    /// The interfaces by which nothing can leave yet: their sources are blocked until it can.
    private(set) var closed: Set<String> = []
    /// The addresses that the box does not have: what is to leave with one is blocked until it does.
    private(set) var lacking: Set<IPv4Address> = []
    /// The sources whose rules of ours go.
    private(set) var released: [IPv4Prefix] = []
    /// What could defeat the plan.
    private(set) var warnings: [String] = []
    /// What is dangerous about the tables and interfaces it uses.
    private(set) var hazards: [String] = []

    init(
        box: Box, options: AssignOptions, addresses: [IPv4Prefix: [IPv4Address]] = [:]
    ) {
        self.box = box
        self.addresses = addresses
        self.options = options
        takenOver = box.takenOver
    }

    /// What is made before any source is steered.
    var made: [Step] { cover + tableSteps }

    /// Sources that are to leave by an interface.
    mutating func assign(_ sources: [IPv4Prefix], to egress: String) throws(PlanRefusal) {
        let interface = try box.egressInterface(
            egress, mayBeAbsent: options.closesUnusable || options.closesOnly)
        for source in sources { try box.check(source) }
        guard options.closesOnly || box.snapshot.sysctl("net.ipv4.ip_forward") != 0 else {
            throw PlanRefusal(
                "net.ipv4.ip_forward", "it is 0: the box forwards nothing", fix: "natdeck setup")
        }
        if !options.closesOnly, !options.closesUnusable {
            for source in sources {
                try box.refuseClosed(source, leavingBy: egress)
                try box.refuseStrayAnswers(to: source, leavingBy: egress)
            }
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
            if made.isClosed { closed.insert(egress) }
        }
        let steeredSources = Set(steered)
        for source in sources {
            wanted[source] = egress
            self.sources.append(source)
            let isGivenAnew = box.facts.given(source, leavingBy: egress) != addresses[source] ?? []
            if isGivenAnew { changed.insert(source) }
            if !options.closesOnly { try cover(source, leavingBy: egress) }
            if let warning = box.gatewayWarning(source) { hazards.append(warning) }
            guard let target, steeredSources.contains(source) else { continue }
            if !target.steps.isEmpty { changed.insert(source) }
            try steer(source, to: target, egress)
            if changed.contains(source),
                box.facts.decision(for: source).interface != egress || isGivenAnew && options.cuts
            {
                ends.append(ConnectionStep.end(source))
            }
        }
    }

    /// What can go wrong where connections do not keep the egress they began with.
    ///
    /// - Parameter marks: by which of them they do; `nil` for none.
    func hazards(without marks: ConnectionMarks?) -> [String] {
        let steered = Dictionary(grouping: sources.filter(changed.contains)) { wanted[$0] ?? "" }
        let kept = marks.map { Set($0.egresses.values) } ?? []
        return steered.sorted { $0.key < $1.key }.flatMap { egress, sources in
            (marks == nil
                ? box.interfaces.first { $0.name == egress }.map(reversePathWarnings) ?? [] : [])
                + box.portForwardWarnings(of: sources, leavingBy: egress, except: kept)
        }
    }

    /// Makes tables for the interfaces that connections of these sources leave by now, or come in by,
    /// so that they can stay there.
    ///
    /// - Returns: why an interface cannot have one.
    mutating func keepWays(of moving: [IPv4Prefix]) -> [PlanRefusal] {
        var hops: [String: IPv4Address?] = [:]
        for source in moving {
            let decision = box.facts.decision(for: source)
            for name in decision.interfaces where hops[name] == nil {
                hops[name] = .some(decision.interfaces.count == 1 ? decision.nextHop : nil)
            }
        }
        var refusals: [PlanRefusal] = []
        for (name, nextHop) in hops.sorted(by: { $0.key < $1.key }) {
            do throws(PlanRefusal) { try makeTable(of: name, nextHop) } catch {
                refusals.append(error)
            }
        }
        for name in box.portForwardInputs(to: moving) {
            // Where that cannot be, answers go by their host's egress, as a warning says.
            do throws(PlanRefusal) { try makeTable(of: name, nil) } catch { continue }
        }
        return refusals
    }

    private mutating func makeTable(
        of name: String, _ nextHop: IPv4Address?
    ) throws(PlanRefusal) {
        guard box.snapshot.ownedTable(of: name) == nil, !tables.values.contains(name) else {
            return
        }
        let made = try EgressTable(
            box: box, interface: try box.egressInterface(name, mayBeAbsent: false),
            options: AssignOptions(gateway: nextHop, lastGateways: options.lastGateways)
        ).target(for: [], taken: Set(tables.keys))
        tables[made.table] = name
        tableSteps += made.steps
    }

    /// Has a source translated, and notes what the outside will see it by.
    private mutating func cover(
        _ source: IPv4Prefix, leavingBy egress: String
    ) throws(PlanRefusal) {
        if let failure = box.snapshot.nat.failure {
            // What goes back to its way goes there whether or not its NAT can be seen.
            warnings.append("whether NAT covers \(source) is not known: \(failure)")
            exempt.insert(source)
            return
        }
        // What is not there translates nothing; its sources are blocked until it is.
        guard box.facts.egress(egress) != nil else { return }
        if let wanted = addresses[source] {
            return try give(wanted, to: source, leavingBy: egress)
        }
        let promise = box.facts.promise(of: source, leavingBy: egress, givesAddresses: false)
        if promise?.answer.isCovered == true {
            seenAs[source] = promise?.publicAddress
            return
        }
        if !options.closesUnusable { try box.refuseForeignAddress(promise, of: source, egress) }
        guard let step = box.coverStep(source, leavingBy: egress, warnings: &warnings) else {
            exempt.insert(source)
            return
        }
        cover.append(step)
        changed.insert(source)
        // Where rules may decide that natdeck cannot, nobody knows.
        if promise?.answer.isCovered == false {
            seenAs[source] = box.facts.egress(egress)?.promisedAddress
        }
    }

    /// Has a source leave with these addresses of an interface.
    private mutating func give(
        _ wanted: [IPv4Address], to source: IPv4Prefix, leavingBy name: String
    ) throws(PlanRefusal) {
        guard let egress = box.facts.egress(name) else { return }
        let used = AddressPool(wanted).addresses(of: source)
        if let failure = box.snapshot.gate.failure {
            let promise = box.facts.promise(of: source, leavingBy: name, givesAddresses: false)
            guard promise?.answer.isOne(of: Set(used)) != true else {
                seenAs[source] = promise?.publicAddress
                return
            }
            if !options.closesUnusable {
                throw PlanRefusal(
                    Egress(name, addresses: wanted).description,
                    "only nftables can give a source one of several addresses, and"
                        + " \(failure.object): \(failure.reason)", fix: failure.fix)
            }
        }
        let own = Set(egress.interface.addresses.map(\.address))
        let absent = wanted.filter { !own.contains($0) }
        if let lost = absent.first {
            guard options.closesUnusable else {
                throw PlanRefusal(
                    "\(lost)", "it is no address of \(name)",
                    fix: own.isEmpty
                        ? nil : "\(name) has \(list(egress.interface.addresses.map(\.address)))")
            }
            lacking.formUnion(absent)
            hazards.append(
                "\(lost) is no address of \(name): what is to leave with it is blocked until it is")
        }
        if used.count == 1 { seenAs[source] = egress.promisedAddress(of: used[0]) }
    }

    private mutating func steer(
        _ source: IPv4Prefix, to target: EgressTable.Target, _ egress: String
    ) throws(PlanRefusal) {
        let number = Ownership.number(of: target.table)
        // One with an address of its own always: a flushed table would let it out by another one.
        let method =
            addresses[source] != nil && box.snapshot.gate.failure == nil ? .map : box.method
        let isMapped = method == .map && target.slot == 0 && box.canMark(number)
        enter(source, isMapped ? number : nil)
        let wanted = isMapped ? [] : Steering.rules(for: source, to: target)
        let present = box.rules(for: source)
        let ours = box.ownedRules(for: source)
        for rule in wanted where !ours.contains(rule) {
            add.append(Steering.add(rule, "send \(source) to table \(rule.table ?? 0)"))
            changed.insert(source)
        }
        let others = ours.filter { !$0.isPlainSourceLookup }
        for old in present + others where !wanted.contains(old) {
            if !old.isOwned, stays(old, egress) { continue }
            try box.checkDeletion(of: old, for: source)
            delete.append(Steering.delete(old, Self.summary(ofTakingOver: old)))
            changed.insert(source)
        }
    }

    /// Whether the map steers any source once the plan is carried out that it did not before.
    var isMapped: Bool {
        entries.contains { if case .entry(_, _, .some) = $0 { true } else { false } }
    }

    /// Whether the map steers any source once the plan is carried out.
    var leavesMapped: Bool {
        var map = box.snapshot.map ?? SourceMap()
        map.make(entries)
        return map.steers
    }

    /// Has the map say this number of a source, or nothing.
    private mutating func enter(_ source: IPv4Prefix, _ number: Int?) {
        let present = box.snapshot.map?[source]
        guard present != number else { return }
        entries.append(.entry(source, from: present, to: number))
        changed.insert(source)
    }

    /// A source that goes back to where the box's other rules send it.
    mutating func release(_ source: IPv4Prefix) throws(PlanRefusal) {
        let owned = box.ownedRules(for: source)
        guard box.isSteered(source) else {
            // Foreign objects are never deleted but by a plan that takes them over.
            guard let rule = box.rules(for: source).first else { return }
            // Without the rule for its own address an interface does not answer: no fix says so.
            try box.check(source)
            throw PlanRefusal(
                source.description,
                "its rule at priority \(rule.priority) was not made by natdeck",
                fix: "ip rule del priority \(rule.priority) \(rule.words)")
        }
        for rule in owned { try box.checkDeletion(of: rule, for: source) }
        released.append(source)
        enter(source, nil)
        add += (takenOver[source] ?? []).map(Steering.bringBack)
        delete += owned.map {
            Steering.delete($0, "stop sending \(source) to table \($0.table ?? 0)")
        }
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
        guard let table = rule.table.flatMap(box.table) else { return false }
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
    /// The interface of that name.
    ///
    /// - Parameter mayBeAbsent: whether one that is not there counts as one that is down.
    func egressInterface(
        _ name: String, mayBeAbsent: Bool
    ) throws(PlanRefusal) -> Interface {
        guard let interface = interfaces.first(where: { $0.name == name }) else {
            guard !name.isEmpty else {
                throw PlanRefusal(
                    SavedAssignment.path,
                    "it names an address that is not of this box, and no public IP that is known to"
                        + " be of it", fix: "natdeck status lists those there are")
            }
            if mayBeAbsent { return Interface(name: name, index: 0, state: .down) }
            let names = interfaces.filter { !$0.isLoopback }.map(\.name)
            throw PlanRefusal(
                name.strippedOfControls, "no such interface",
                fix: "this box has \(names.joined(separator: ", "))")
        }
        if interface.isLoopback {
            throw PlanRefusal(name, "the loopback leads nowhere outside")
        }
        return interface
    }

    /// Refuses an interface that nothing leaves by now.
    func checkUsable(_ interface: Interface) throws(PlanRefusal) {
        guard interface.state == .down else { return }
        if interface.index == 0 {
            throw PlanRefusal(interface.name, "the interface is not there")
        }
        throw PlanRefusal(
            interface.name, "the interface is down", fix: "ip link set \(interface.name) up")
    }
}
