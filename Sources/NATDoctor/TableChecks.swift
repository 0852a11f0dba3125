import NATModel
import NATPlan

// The tables that hosts are sent to.
extension Doctor {
    static func closedTables(_ patient: Patient) -> Check {
        let topic = Topic(
            id: "assignment-closed", title: "Hosts without a way out",
            reason: "nothing that these hosts send to the outside is answered")
        if let failure = patient.failure(of: .rules, .tables) { return topic.unknown(failure) }
        let closed = patient.assignments.filter {
            $0.egress == nil && $0.decision.end == .nowhere && $0.defeat == nil && !$0.fallsThrough
        }
        var down: [String: [IPv4Prefix]] = [:]
        var astray: [(source: IPv4Prefix, answers: HostFacts.StrayAnswers)] = []
        for (source, egress) in patient.leaving {
            if patient.snapshot.interface(egress)?.state == .down {
                down[egress, default: []].append(source)
            } else if let answers = patient.facts.strayAnswers(to: source, leavingBy: egress) {
                astray.append((source, answers))
            }
        }
        let unplugged = down.sorted { $0.key < $1.key }
        return topic.found(
            .error,
            closed.map {
                "\($0.source) goes nowhere: table \($0.table) has no default route but its backstop"
            }
                + unplugged.map { egress, sources in
                    "\(egress) is down, and rules send"
                        + " \(sources.prefix(3).map(\.description).joined(separator: ", "))"
                        + (sources.count > 3 ? " and \(sources.count - 3) more" : "") + " by it"
                }
                + astray.map { "the answers to \($0.source) \($0.answers.words) decides" },
            else: "every assigned host has a way out",
            closed.first.map { .assign($0.source, egress: nil) }
                ?? unplugged.first.map {
                    .manual("natdeck assign \($0.value[0]) NIC, or mend the link of \($0.key)")
                }
                ?? astray.first.map {
                    .manual($0.answers.leadingBack(to: $0.source).description)
                })
    }

    static func openTables(_ patient: Patient) -> Check {
        let topic = Topic(
            id: "assignment-open", title: "Hosts that fall through",
            reason: "these hosts are seen by the wrong public address, and nobody is told")
        if let failure = patient.failure(of: .rules, .tables) { return topic.unknown(failure) }
        let open = patient.assignments.filter(\.fallsThrough)
        return topic.found(
            .error,
            open.map {
                "\($0.source) "
                    + ($0.decision.interface.map { "leaves by \($0), whatever was wanted" }
                        ?? "goes nowhere")
                    + ": table \($0.table) has no default route and falls through"
            }, else: "no assigned host falls through to another table",
            open.first.map { .assign($0.source, egress: nil) })
    }

    static func backstops(_ patient: Patient) -> Check {
        let topic = Topic(
            id: "table-without-backstop", title: "Tables fail closed",
            reason: "when its interface goes down, hosts would leave by another public address")
        if let failure = patient.failure(of: .tables) { return topic.unknown(failure) }
        let owned = patient.tables.values.filter { $0.routes.contains(where: \.isOwned) }
        let open = owned.filter { !$0.routes.contains(where: \.isBackstop) }.map(\.id).sorted()
        return topic.found(
            .warning, open.map { "table \($0) has no unreachable default route" },
            else: owned.isEmpty
                ? "natdeck has made no table"
                : "every table of natdeck ends in an unreachable default route",
            .plan(.mend(.backstops(open))))
    }

    /// Routes by which tables of ours hand back what is internal follow those of main.
    static func staleTables(_ patient: Patient) -> Check {
        let topic = Topic(
            id: "table-behind-main", title: "Internal networks of the tables",
            reason: "assigned hosts do not reach a network that table main has learnt of since")
        if let failure = patient.failure(of: .tables, .interfaces) { return topic.unknown(failure) }
        let stale = Planner.tablesBehindMain(patient.facts)
        return topic.found(
            .warning,
            stale.map { id, missing in
                "table \(id) is behind table main: "
                    + missing.prefix(3).map(\.description).joined(separator: ", ")
                    + (missing.count > 3 ? " and \(missing.count - 3) more" : "")
            },
            else: "the tables of natdeck know every network that table main knows",
            .plan(.mend(.tables(stale.map(\.table)))))
    }

    /// What remembers by which egress a connection began stands as it was made.
    static func keptConnections(_ patient: Patient) -> Check {
        let topic = Topic(
            id: "connections-not-kept", title: "Connections keep their egress",
            reason: "a move breaks the connections of its host that nothing remembers")
        if let failure = patient.failure(of: .rules) { return topic.unknown(failure) }
        let rules = (patient.snapshot.rules.value ?? []).filter(\.isMark)
        let steered = patient.assignments.contains(where: \.isOwned)
        switch patient.snapshot.gate {
        case .failed(.unread): return topic.unknown(.unread)
        case .failed(let failure):
            return steered
                ? topic.found(
                    .info, ["a move ends the connections of its host: \(failure.reason)"], nil)
                : topic.ok("no host is assigned")
        case .value(let gate):
            guard let gate, let marks = gate.marks else {
                return topic.found(
                    .warning,
                    rules.isEmpty
                        ? []
                        : [
                            "nothing remembers them any more: the nft table \(Gate.table) was changed"
                        ],
                    else: "nothing is to remember them", putBack(patient))
            }
            let led = Set(rules.compactMap(\.mark))
            let missing = marks.marked.filter { !led.contains($0.mark) }
            return topic.found(
                .warning,
                missing.map { "no rule leads the connections of \($0.egress), marked \($0.mark)" },
                else: "what begins by an egress stays there", putBack(patient))
        }
    }

    /// What makes it again: the first assignment as it is, or the preparation.
    private static func putBack(_ patient: Patient) -> Check.Remedy {
        guard let saved = patient.snapshot.saved.value ?? nil, !saved.isEmpty else {
            return .manual("natdeck setup")
        }
        return .plan(.arrange(saved, on: patient.snapshot))
    }

    /// Source: ec2-net-utils names table 10000 + N after ethN, and deletes rules to it.
    static func platformTables(_ patient: Patient) -> Check {
        let topic = Topic(
            id: "platform-table", title: "Tables of the cloud's scripts",
            reason: "when a DHCP lease is renewed, the host is seen by another public address")
        if let failure = patient.failure(of: .rules, .tables) { return topic.unknown(failure) }
        let found = patient.assignments.filter { (10001..<20000).contains($0.table) }
        let router = (patient.environment.policyRouter.value ?? nil).map {
            " (\($0.name) is installed: \($0.path))"
        }
        return topic.found(
            .warning,
            found.map {
                "\($0.source) looks up table \($0.table): ec2-net-utils deletes rules to it"
                    + (router ?? "")
            },
            else: "no assigned host looks up a table of the cloud's scripts",
            takeOver(found.map { ($0.source, $0.wanted) }))
    }

    static func foreignRuleKeeper(_ patient: Patient) -> Check {
        let topic = Topic(
            id: "networkd-deletes-rules", title: "systemd-networkd",
            reason: "it deletes policy rules and routes it has not made when it configures a link")
        switch patient.environment.networkd {
        case .failed(let failure): return topic.unknown(failure)
        case .value(nil): return topic.ok("systemd-networkd does not run here")
        case .value(let networkd?):
            func finding(_ name: String, _ setting: Networkd.Setting?) -> String? {
                guard let setting else { return "systemd-networkd runs, and \(name) is not set" }
                return setting.manages ? "\(name)=yes in \(setting.path)" : nil
            }
            return topic.found(
                .warning,
                [
                    finding("ManageForeignRoutingPolicyRules", networkd.rules),
                    finding("ManageForeignRoutes", networkd.routes),
                ].compactMap(\.self),
                else: "systemd-networkd leaves rules and routes alone that it has not made",
                .plan(.mend(.keepForeignRules)))
        }
    }

    /// The plan that makes rules of our own and removes the others, of one interface at a time.
    static func takeOver(_ sources: [(IPv4Prefix, Egress?)]) -> Check.Remedy? {
        guard let first = sources.first else { return nil }
        guard let egress = sources.lazy.compactMap(\.1).first else {
            return .assign(first.0, egress: nil)
        }
        let same = sources.filter { $0.1 == egress }.map(\.0)
        return .plan(.assign(same, egress: egress, options: AssignOptions()))
    }
}
