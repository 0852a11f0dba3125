import NATModel

/// Plans the one-time preparation: kernel parameters, MASQUERADE and a table for every egress.
struct SetupPlan {
    let box: Box
    let options: SetupOptions

    func plan() throws(PlanRefusal) -> Plan {
        let egresses =
            options.interfaces.isEmpty
            ? box.snapshot.egressInterfaces.map(\.interface)
            : box.interfaces.filter { options.interfaces.contains($0.name) }
        guard !egresses.isEmpty else {
            throw PlanRefusal(
                "egress interfaces", "this box has none: no interface has a default route",
                fix: "ip route add default via GATEWAY dev NIC")
        }
        let sources = try sources()
        var warnings: [String] = []
        let parameters = try parameters(egresses.map(\.name), sources: sources)
        let masquerade = egresses.flatMap { egress in
            sources.compactMap {
                box.coverStep($0, leavingBy: egress.name, warnings: &warnings)
            }
        }
        let (tables, made) = tables(egresses, warnings: &warnings)
        let kept = changesSteering ? [] : try keptConnections(made)
        // Forwarding comes last: before NAT stands, packets would leak with private addresses.
        let forwarding = parameters.steps.filter { $0.isForwarding }
        let others = parameters.steps.filter { !$0.isForwarding }
        // For some interfaces alone the file would forget the others.
        let file = options.interfaces.isEmpty ? parameters.file : []
        let cloud = cloud(&warnings)
        let prepared = others + masquerade + tables + kept + file
        let steering = try steering(after: prepared)
        warnings += steering?.warnings ?? []
        let steps = prepared + (steering?.steps ?? []) + forwarding + cloud.map(\.step)
        let names = egresses.map(\.name).joined(separator: ", ")
        return Plan(
            intent: .setup(options),
            title: steps.isEmpty
                ? "this box is already set up for \(names)"
                : title(names, sources, steps: steps.count - (steering?.steps.count ?? 0)),
            steps: steps,
            verifications: parameters.wanted.sorted { $0.key < $1.key }.map {
                .sysctl($0.key, $0.value)
            } + (steering?.verifications ?? []) + cloud.map { .cloud($0.change) },
            warnings: warnings)
    }

    private func title(_ names: String, _ sources: [IPv4Prefix], steps: Int) -> String {
        let change =
            switch options.steering {
            case .map? where changesSteering: "steer hosts by the nft map in place of rules"
            case .rule? where changesSteering: "steer hosts by rules in place of the nft map"
            default: ""
            }
        let preparation = "prepare this box to send \(list(sources)) out by \(names)"
        if change.isEmpty { return preparation }
        return steps == 0 ? change : "\(preparation); \(change)"
    }

    /// Whether sources are to be steered by another method than they are.
    private var changesSteering: Bool {
        options.steering.map { $0 != box.snapshot.steeringMethod ?? .rule } ?? false
    }

    /// How what is steered by one method is steered by the other: each source keeps its egress, and
    /// each connection.
    private func steering(after steps: [Step]) throws(PlanRefusal) -> Plan? {
        guard changesSteering, let method = options.steering else { return nil }
        if method == .map, let failure = box.snapshot.gate.failure {
            throw PlanRefusal("--steering map", failure.description, fix: failure.fix)
        }
        let names = (box.snapshot.gate.value ?? nil)?.marks?.egresses ?? [:]
        let present = box.snapshot.steerings.compactMap { steering -> Arrangement? in
            // What looks up a table of others is no matter of the map.
            guard steering.isOwned, steering.table >= Ownership.firstTable,
                let egress = steering.egress ?? names[Ownership.number(of: steering.table)]
            else { return nil }
            return Arrangement(
                steering.source,
                egress: Egress(
                    egress, addresses: box.facts.given(steering.source, leavingBy: egress)))
        }
        let arranging = AssignOptions(
            lastGateways: options.lastGateways, foreignRules: .leftAlone, cleansUp: false,
            closesUnusable: true)
        let prepared = try Box(
            box.snapshot.applying(steps), needsNAT: false, steering: method)
        if method == .map, prepared.markMask == nil {
            throw PlanRefusal(
                "--steering map", "every bit of the marks is somebody else's",
                fix: "free some, and name them by --mark-mask")
        }
        return try ArrangePlan(
            box: prepared, intent: .arrange(present, options: arranging), options: arranging
        ).plan()
    }

    /// What AWS has to be told, once the box is ready for what then comes by.
    private func cloud(_ warnings: inout [String]) -> [(step: Step, change: CloudChange)] {
        switch box.snapshot.cloudSetup {
        case .failed(.unread), .value(nil): return []
        case .failed(let failure):
            warnings.append("what AWS does with this box is not checked: \(failure)")
            return []
        case .value: break
        }
        guard let half = CloudHalf(box.snapshot) else { return [] }
        return CloudHalf.Part.allCases.flatMap { part in
            zip(half.steps(part), half.changes(part)).map { (step: $0, change: $1) }
        }
    }

    /// The networks to masquerade: those given, else those the cloud tells of its VPC.
    private func sources() throws(PlanRefusal) -> [IPv4Prefix] {
        if !options.sources.isEmpty {
            for source in options.sources { try box.checkMasqueraded(source) }
            return options.sources.uniqued()
        }
        let told = (box.snapshot.cloud.value ?? []).flatMap(\.vpcNetworks).uniqued()
        guard told.isEmpty else { return told }
        // What it was prepared for before.
        let kept = box.sysctlFile.map { SysctlFile(contents: $0).sources } ?? []
        guard kept.isEmpty else { return kept }
        throw PlanRefusal(
            "the network behind this box",
            "no cloud metadata tells it" + (box.snapshot.cloud.failure.map { " (\($0))" } ?? ""),
            fix: "natdeck setup --source CIDR")
    }

    private func parameters(
        _ names: [String], sources: [IPv4Prefix]
    ) throws(PlanRefusal) -> ParameterSteps {
        var wanted = ["net.ipv4.ip_forward": 1]
        // The kernel sends redirects where either `all` or the interface says so.
        for name in ["all"] + names { wanted["net.ipv4.conf.\(name).send_redirects"] = 0 }
        // The kernel takes the larger of `all` and the interface's own, so 2 on the interface
        // makes it loose whatever `all` says.
        let strictForAll = box.snapshot.sysctl("net.ipv4.conf.all.rp_filter") == 1
        for name in names {
            let parameter = "net.ipv4.conf.\(name).rp_filter"
            let value = box.snapshot.sysctl(parameter) ?? 0
            if value == 1 || (strictForAll && value == 0) { wanted[parameter] = 2 }
        }
        // A host without its mark is closed, also to whoever looks for the way back to it.
        if options.steering ?? box.method == .map {
            for name in names {
                let values = ["all", name].map { "net.ipv4.conf.\($0).rp_filter" }.map {
                    wanted[$0] ?? box.snapshot.sysctl($0) ?? 0
                }
                if values.contains(where: { $0 > 0 }) {
                    wanted["net.ipv4.conf.\(name).src_valid_mark"] = 1
                }
            }
        }
        // What an earlier run made loose stays so.
        let earlier = box.sysctlFile.map { SysctlFile(contents: $0).wanted } ?? [:]
        return try ParameterSteps(
            wanted.merging(earlier) { new, _ in new }, sources: sources,
            markMask: options.markMask, steering: options.steering, in: box)
    }

    /// The sources that were kept to leave by an interface: its table is the one they look up.
    private func kept(_ interface: Interface) -> [IPv4Prefix] {
        ((box.snapshot.saved.value ?? nil) ?? []).filter { $0.egress.interface == interface.name }
            .map(\.source)
    }

    /// How connections keep the egress they began with; nothing where the kernel cannot do that.
    private func keptConnections(_ tables: [Int: String]) throws(PlanRefusal) -> [Step] {
        guard box.snapshot.gate.failure == nil else { return [] }
        if let named = options.markMask, let present = box.rules.first(where: \.isMark)?.mark?.mask,
            named != present
        {
            throw PlanRefusal(
                "--mark-mask 0x" + String(named, radix: 16),
                "connections carry their marks in 0x" + String(present, radix: 16) + " already",
                fix: "natdeck setup --remove, then set up anew")
        }
        guard let mask = options.markMask ?? box.markMask, !tables.isEmpty else { return [] }
        let kept = try KeptConnections(
            box, mask: mask, tables: tables, sources: Set(box.snapshot.ruleSteered))
        return try GateSteps(box: box, options: AssignOptions()).steps(
            [], marks: kept.marks,
            map: box.snapshot.map ?? (box.method == .map ? SourceMap() : nil))
            + kept.steps
    }

    private func tables(
        _ interfaces: [Interface], warnings: inout [String]
    ) -> (steps: [Step], made: [Int: String]) {
        var made: [Int: String] = [:]
        let steps = interfaces.flatMap { interface -> [Step] in
            if interface.state == .down {
                warnings.append("\(interface.name) is down: it gets no table now")
                return []
            }
            do throws(PlanRefusal) {
                let target = try EgressTable(
                    box: box, interface: interface,
                    options: AssignOptions(lastGateways: options.lastGateways)
                ).target(for: kept(interface), taken: Set(made.keys))
                made[target.table] = interface.name
                return target.steps
            } catch {
                warnings.append("no table for \(interface.name): \(error.reason)")
                return []
            }
        }
        return (steps, made)
    }
}

extension Step {
    fileprivate var isForwarding: Bool {
        if case .setParameter("net.ipv4.ip_forward", _) = action { true } else { false }
    }
}
