public import NATModel

/// What brings the box back to what was kept, as far as that can be done now.
public struct GuardPlans: Sendable {
    /// What is to be done, in order; empty where all is as it was kept.
    public private(set) var plans: [Plan] = []
    /// What cannot be done now, and why.
    public private(set) var refusals: [PlanRefusal] = []

    private let snapshot: Snapshot
    private let options: AssignOptions
    private var postponed: Postponed
    /// Sources that a name does not stand for any more.
    private let former: [IPv4Prefix]

    /// What is left out for now.
    public struct Postponed: Hashable, Sendable {
        private var sources: Set<IPv4Prefix> = []
        private var interfaces: Set<String> = []
        private var isArrange = false
        private var isSetup = false

        /// Whatever would put these back.
        public init(_ losses: [Loss]) {
            for loss in losses {
                switch loss {
                case .rule(let source): sources.insert(source)
                case .masquerade(let source, _):
                    sources.insert(source)
                    isSetup = true
                case .route(_, let interface):
                    interfaces.insert(interface)
                    isSetup = true
                // One part cannot be put back without these.
                case .landing: isArrange = true
                case .parameter: isSetup = true
                // They are what closes while something waits.
                case .gate, .shape, .mark, .closing: continue
                case .backstop, .internals, .other:
                    isArrange = true
                    isSetup = true
                }
            }
        }

        func holds(_ assignment: SavedAssignment) -> Bool {
            isArrange || sources.contains(assignment.source)
                || interfaces.contains(assignment.egress.interface)
        }

        var holdsSetup: Bool { isSetup }
    }

    /// - Parameters:
    ///   - lastGateways: the gateways that interfaces had, where nothing tells them now.
    ///   - losses: what waits before it is put back again.
    ///   - others: sources of a change that somebody else is about to keep or take back.
    ///   - onlyNext: whether the plan that comes first is enough: of a file with ten thousand lines
    ///     the others take a while.
    public init(
        on snapshot: Snapshot, lastGateways: [String: IPv4Address],
        postponing losses: [Loss] = [], leaving others: Set<IPv4Prefix> = [],
        onlyNext: Bool = false
    ) {
        var snapshot = snapshot
        snapshot.pending = .value(nil)
        self.snapshot = snapshot
        // It puts back what was lost. What others made, and what is left over, is for people.
        var options = AssignOptions(
            lastGateways: lastGateways, foreignRules: .leftAlone, cleansUp: false,
            closesUnusable: true)
        let saved = ((snapshot.saved.value ?? nil) ?? []).filter { !others.contains($0.source) }
        options.gated =
            saved.map { Arrangement($0.source, egress: $0.egress) }
            + others.sorted().map { Arrangement($0, egress: nil) }
        self.options = options
        former = snapshot.formerSources.filter { !others.contains($0) }
        postponed = Postponed(losses)
        let kept = saved.filter { [postponed] in !postponed.holds($0) }
        // First what keeps every host from any other public address: it needs no gateway, no NAT
        // and no forwarding, so nothing is open before it.
        var closing = options
        closing.closesOnly = true
        arrange(kept, closing)
        if onlyNext, !plans.isEmpty { return }
        // NAT for whole networks saves that of single hosts. The box forwards from here on.
        if let setup, others.isEmpty { note(setup) }
        if onlyNext, !plans.isEmpty { return }
        arrange(kept, options)
        noteUnusable(kept)
    }

    /// Says what is blocked because its interface or its address cannot be used.
    private mutating func noteUnusable(_ kept: [SavedAssignment]) {
        guard let interfaces = snapshot.interfaces.value else { return }
        let states = Dictionary(
            interfaces.map { ($0.name, $0.state) }, uniquingKeysWith: { first, _ in first })
        for egress in kept.map(\.egress.interface).uniqued() where states[egress] != .up {
            if states[egress] == .unknown { continue }
            let what = states[egress] == nil ? "no such interface" : "the interface is down"
            let refusal = PlanRefusal(
                egress, "\(what): what is kept for it is blocked until it can be used")
            if !refusals.contains(refusal) { refusals.append(refusal) }
        }
        let own = Dictionary(
            interfaces.map { ($0.name, Set($0.addresses.map(\.address))) },
            uniquingKeysWith: { first, _ in first })
        for egress in kept.map(\.egress).uniqued() {
            for address in egress.addresses where own[egress.interface]?.contains(address) == false
            {
                let refusal = PlanRefusal(
                    "\(address)",
                    "it is no address of \(egress.interface): what is kept for it is blocked until"
                        + " it is back")
                if !refusals.contains(refusal) { refusals.append(refusal) }
            }
        }
    }

    /// The preparation as it was made, for the interfaces that are there.
    private var setup: Intent? {
        guard !postponed.holdsSetup, let contents = snapshot.sysctlFile.value ?? nil else {
            return nil
        }
        let file = SysctlFile(contents: contents)
        let prepared = Set(file.wanted.keys.compactMap { SysctlName(dotted: $0).scope })
        let present = (snapshot.interfaces.value ?? []).filter { !$0.isLoopback }.map(\.name)
            .filter(prepared.contains)
        guard !present.isEmpty, !file.sources.isEmpty else { return nil }
        return .setup(
            SetupOptions(
                sources: file.sources, interfaces: present, lastGateways: options.lastGateways))
    }

    /// The whole file where that can be done, else as much of it as can.
    private mutating func arrange(_ saved: [SavedAssignment], _ options: AssignOptions) {
        // Without a line of its own a file still has a gate to be taken away.
        guard !saved.isEmpty || !former.isEmpty || (snapshot.gate.value ?? nil) != nil else {
            return
        }
        do throws(PlanRefusal) { note(try plan(saved, options)) } catch {
            // Where none of it can be done the gate still closes all of it.
            let possible = possible(saved, options)
            do throws(PlanRefusal) { note(try plan(possible, options)) } catch {
                if !refusals.contains(error) { refusals.append(error) }
            }
        }
    }

    private mutating func possible(
        _ saved: [SavedAssignment], _ options: AssignOptions
    ) -> [SavedAssignment] {
        var saved = saved
        while true {
            do throws(PlanRefusal) {
                _ = try plan(saved, options)
                return saved
            } catch {
                let egresses = saved.map(\.egress.interface).uniqued()
                if egresses.count > 1 {
                    return egresses.flatMap { egress in
                        possible(saved.filter { $0.egress.interface == egress }, options)
                    }
                }
                if !refusals.contains(error) { refusals.append(error) }
                // One source may stand against the others of its interface, or the interface itself.
                let refused = IPv4Prefix(error.object)
                let others = saved.filter { $0.source != refused }
                guard others.count < saved.count else { return [] }
                saved = others
            }
        }
    }

    private func plan(
        _ saved: [SavedAssignment], _ options: AssignOptions
    ) throws(PlanRefusal) -> Plan {
        // What a name stood for goes once what it stands for has its way.
        let leaving = options.closesOnly ? [] : former
        return try Planner.plan(
            .arrange(
                saved.map { Arrangement($0.source, egress: $0.egress) }
                    + leaving.map { Arrangement($0, egress: nil) }, options: options),
            on: snapshot)
    }

    private mutating func note(_ intent: Intent) {
        do throws(PlanRefusal) { note(try Planner.plan(intent, on: snapshot)) } catch {
            refusals.append(error)
        }
    }

    private mutating func note(_ plan: Plan) {
        if !plan.isEmpty { plans.append(plan) }
    }
}

extension Planner {
    /// The gateways that are known now, by interface.
    public static func gateways(on snapshot: Snapshot) -> [String: IPv4Address] {
        // What cannot be read is told where it is read.
        guard let box = try? Box(snapshot, needsNAT: false) else { return [:] }
        var gateways: [String: IPv4Address] = [:]
        for interface in box.interfaces where !interface.isLoopback {
            let table = EgressTable(box: box, interface: interface, options: AssignOptions())
            // Why one has none is told by the plan that wants it.
            gateways[interface.name] = try? table.gateway()
        }
        return gateways
    }
}
