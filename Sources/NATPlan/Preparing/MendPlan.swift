import NATModel

/// Plans what mends one fault.
struct MendPlan {
    let box: Box
    let mend: Mend

    func plan() throws(PlanRefusal) -> Plan {
        switch mend {
        case .parameters(let wanted): try parameters(wanted)
        case .masquerade(let sources, let isKept): try masquerade(sources, isKept: isKept)
        case .backstops(let tables): try backstops(tables)
        case .tables(let tables): try internals(of: tables)
        case .keepForeignRules: try keepForeignRules()
        case .cloud(let part): try cloud(part)
        }
    }

    private func plan(
        _ title: String, _ steps: [Step], _ verifications: [Verification] = [],
        warnings: [String] = []
    ) -> Plan {
        Plan(
            intent: .mend(mend), title: steps.isEmpty ? "already so: \(title)" : title,
            steps: steps, verifications: verifications, warnings: warnings)
    }

    private func parameters(_ wanted: [String: Int]) throws(PlanRefusal) -> Plan {
        let parameters = try ParameterSteps(wanted, keepsOthers: true, in: box)
        let values = parameters.wanted.sorted { $0.key < $1.key }
        if let missing = wanted.keys.sorted().first(where: { parameters.wanted[$0] == nil }) {
            throw PlanRefusal(missing, "the kernel has no such parameter")
        }
        return plan(
            "set \(values.map { "\($0.key) to \($0.value)" }.joined(separator: ", "))",
            // The file first: after a crash in between the next boot mends the rest.
            parameters.file + parameters.steps, values.map { .sysctl($0.key, $0.value) },
            warnings: leaks(wanted))
    }

    private func leaks(_ wanted: [String: Int]) -> [String] {
        let translates = box.nat.contains { set in
            set.chains.contains { $0.rules.contains(where: \.translatesSource) }
        }
        guard wanted["net.ipv4.ip_forward"] == 1, !translates else { return [] }
        return [
            "no nat rule translates yet: packets leave with private addresses until one does"
                + " (natdeck doctor --fix masquerade-missing)"
        ]
    }

    private func masquerade(
        _ sources: [String: [IPv4Prefix]], isKept: Bool
    ) throws(PlanRefusal) -> Plan {
        let pairs = sources.sorted { $0.key < $1.key }.flatMap { name, sources in
            sources.uniqued().map { (source: $0, name: name) }
        }
        for (_, name) in pairs where !box.interfaces.contains(where: { $0.name == name }) {
            throw PlanRefusal(name, "no such interface")
        }
        var warnings: [String] = []
        var covered: [Verification] = []
        let steps = pairs.compactMap { source, name in
            let step = box.coverStep(source, leavingBy: name, warnings: &warnings)
            // What a rule of the operator exempts stays as it is.
            if step != nil || box.isMasqueraded(source, leavingBy: name) {
                covered.append(.isMasqueraded(source, by: name))
            }
            return step
        }
        // Without its network in the file, the next release would take the rule for one that no
        // host needs.
        let file =
            isKept
            ? try ParameterSteps([:], sources: pairs.map(\.source), keepsOthers: true, in: box).file
            : []
        let names = pairs.map(\.name).uniqued().joined(separator: ", ")
        return plan(
            "translate \(list(pairs.map(\.source))) on \(names)",
            steps.isEmpty ? [] : steps + file,
            covered,
            warnings: warnings)
    }

    private func backstops(_ ids: [Int]) throws(PlanRefusal) -> Plan {
        var steps: [Step] = []
        for id in ids {
            guard let table = box.tables.first(where: { $0.id == id }),
                table.routes.contains(where: \.isOwned)
            else { throw PlanRefusal("table \(id)", "it was not made by natdeck") }
            if !table.routes.contains(where: \.isBackstop) {
                steps.append(TableSteps.addBackstop(id))
            }
        }
        let names = ids.map(String.init).joined(separator: ", ")
        return plan(
            "make table \(names) fail closed", steps, ids.map { .failsClosed($0) })
    }

    private func internals(of ids: [Int]) throws(PlanRefusal) -> Plan {
        let internals = try InternalDestinations(box)
        let steps = ids.compactMap(box.table).filter { $0.routes.contains(where: \.isOwned) }
            .flatMap { $0.closing(internals) }
        let names = ids.map(String.init).joined(separator: ", ")
        return plan("bring table \(names) up to table main", steps)
    }

    private func cloud(_ part: CloudHalf.Part) throws(PlanRefusal) -> Plan {
        if let failure = box.snapshot.cloudSetup.failure {
            throw PlanRefusal(failure.object, failure.reason, fix: failure.fix)
        }
        guard let half = CloudHalf(box.snapshot) else {
            throw PlanRefusal("aws ec2", "this box is in no AWS")
        }
        let title =
            switch part {
            case .check: "have AWS pass on what hosts send through this box"
            case .groups: "have security groups let the hosts' subnets in"
            case .routes: "have the hosts' subnets send to this box"
            }
        return plan(title, half.steps(part), half.changes(part).map { .cloud($0) })
    }

    private func keepForeignRules() throws(PlanRefusal) -> Plan {
        let title = "let systemd-networkd leave foreign policy rules and routes alone"
        switch box.snapshot.environment.networkd {
        case .failed(let failure):
            throw PlanRefusal(failure.object, failure.reason, fix: failure.fix)
        case .value(nil): return plan(title, [])
        case .value(let networkd?):
            let path = Networkd.dropInPath
            if networkd.leavesOthersAlone { return plan(title, []) }
            let contents = Self.dropIn
            for setting in [networkd.rules, networkd.routes].compactMap(\.self)
            where setting.manages {
                try refuse(setting, winsOver: path)
            }
            let present = [networkd.rules, networkd.routes].contains { $0?.path == path }
            let before = box.snapshot.environment.networkdDropIn.value ?? nil
            let inverse: Step.Action =
                before.map { .write(path: path, contents: $0) } ?? .remove(path: path)
            if present, before == nil {
                throw PlanRefusal(path, "it could not be read", fix: "rm \(path), and try again")
            }
            return plan(
                title,
                [
                    Step(
                        "tell systemd-networkd so, by a file of natdeck's own",
                        .write(path: path, contents: contents), inverse: inverse)
                ],
                warnings: [
                    "systemd-networkd reads it when it starts: systemctl restart systemd-networkd"
                ])
        }
    }

    /// A drop-in whose name comes later, or a file of its own that says yes, wins over ours.
    private func refuse(
        _ setting: Networkd.Setting, winsOver path: String
    ) throws(PlanRefusal) {
        let name = setting.path.split(separator: "/").last ?? ""
        guard setting.path != path, setting.path.contains(".conf.d/"), name >= "50-natdeck.conf"
        else { return }
        throw PlanRefusal(
            setting.path, "it says yes and is read after \(path)",
            fix: "say ManageForeignRoutingPolicyRules=no and ManageForeignRoutes=no there")
    }

    private static let dropIn = """
        # Written by natdeck: without this, systemd-networkd deletes the rules and routes that send
        # hosts out by another interface when it configures a link.
        [Network]
        ManageForeignRoutingPolicyRules=no
        ManageForeignRoutes=no

        """
}
