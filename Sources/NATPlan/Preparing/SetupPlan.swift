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
        let kept = try keptConnections(made)
        // Forwarding comes last: before NAT stands, packets would leak with private addresses.
        let forwarding = parameters.steps.filter { $0.isForwarding }
        let others = parameters.steps.filter { !$0.isForwarding }
        // For some interfaces alone the file would forget the others.
        let file = options.interfaces.isEmpty ? parameters.file : []
        let cloud = cloud(&warnings)
        let steps =
            others + masquerade + tables + kept + file + forwarding + cloud.map(\.step)
        let names = egresses.map(\.name).joined(separator: ", ")
        return Plan(
            intent: .setup(options),
            title: steps.isEmpty
                ? "this box is already set up for \(names)"
                : "prepare this box to send \(list(sources)) out by \(names)",
            steps: steps,
            verifications: parameters.wanted.sorted { $0.key < $1.key }.map {
                .sysctl($0.key, $0.value)
            } + cloud.map { .cloud($0.change) },
            warnings: warnings)
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
        // What an earlier run made loose stays so.
        let earlier = box.sysctlFile.map { SysctlFile(contents: $0).wanted } ?? [:]
        return try ParameterSteps(
            wanted.merging(earlier) { new, _ in new }, sources: sources,
            markMask: options.markMask, in: box)
    }

    /// The sources that were kept to leave by an interface: its table is the one they look up.
    private func kept(_ interface: Interface) -> [IPv4Prefix] {
        ((box.snapshot.saved.value ?? nil) ?? []).filter { $0.egress == interface.name }
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
            box, mask: mask, tables: tables, sources: box.snapshot.steered)
        return try GateSteps(box: box, options: AssignOptions()).steps([], marks: kept.marks)
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
