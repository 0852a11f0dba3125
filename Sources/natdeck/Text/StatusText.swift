import NATDoctor
import NATModel
import NATScreen

/// `natdeck status` for people: aligned, and within 80 columns where the names allow it.
struct StatusText {
    private let facts: BoxFacts
    private var snapshot: Snapshot { facts.snapshot }

    init(snapshot: Snapshot) { facts = BoxFacts(snapshot) }

    var text: String {
        ([[heading]] + [egress, hosts, assignments, names, rules, nat, problems])
            .filter { !$0.isEmpty }
            .map { $0.joined(separator: "\n") }
            .joined(separator: "\n\n") + "\n"
    }

    private var heading: String {
        let forwarding =
            switch snapshot.sysctl("net.ipv4.ip_forward") {
            case .some(0): "forwarding OFF"
            case .some: "forwarding on"
            case nil: "forwarding unknown"
            }
        let backends = (snapshot.nat.value ?? []).filter { $0.hasRules }.map(\.label)
        let words =
            [snapshot.hostName.strippedOfControls, forwarding] + backends
            + [snapshot.conntrack.value.map(Self.room)].compactMap { $0 }
        return words.joined(separator: "   ")
    }

    private var egress: [String] {
        guard snapshot.interfaces.value != nil else { return [] }
        func count(_ name: String, _ isCounted: (Assignment) -> Bool) -> String {
            "\(facts.assignments.count { $0.decision.interface == name && isCounted($0) })"
        }
        let rows = facts.egresses.flatMap { egress -> [[String]] in
            let name = egress.interface.name
            let missing = egress.publicAddresses == nil ? "unknown" : "none"
            let pairs = egress.addressPairs
            let all = pairs.isEmpty ? [AddressPair(own: nil, outside: nil)] : pairs
            // A line for each address; what is of the whole interface stands on the first.
            return all.enumerated().map { number, pair in
                let addresses = [
                    pair.own?.description ?? "-", pair.outside?.description ?? missing,
                    pair.source?.rawValue ?? "-",
                ]
                let own = [pair.own].compactMap(\.self)
                let assigned = count(name) { assignment in
                    assignment.addresses.isEmpty
                        ? number == 0 : !own.isEmpty && assignment.addresses.contains(own[0])
                }
                guard number == 0 else {
                    return ["", ""] + addresses + ["", "", assigned == "0" ? "" : assigned]
                }
                return [name, egress.interface.state.rawValue] + addresses + [
                    egress.ownedTable.map(String.init) ?? "-",
                    egress.masquerade.map { "\($0.packets)" } ?? "-", assigned,
                ]
            }
        }
        guard !rows.isEmpty else { return ["No interface leads outside."] }
        return TextTable(
            ["EGRESS", "STATE", "PRIVATE", "PUBLIC", "TOLD BY", "TABLE", "NEW CONN", "ASSIGNED"],
            rightAligned: [6, 7]
        ).lines(rows)
    }

    /// `conntrack 3800 of 262144`.
    private static func room(_ counters: ConntrackCounters) -> String {
        "conntrack \(counters.count)" + (counters.limit.map { " of \($0)" } ?? "")
    }

    /// The hosts that have flows, and under which address they are seen.
    private var hosts: [String] {
        let rows = facts.hosts.map { facts.host(IPv4Prefix($0)) }
            .filter { $0.flows.map { $0.flows > 0 } ?? false }
            .map { host -> [String] in
                let seen = host.seen.filter { $0.count.flows > 0 }.map {
                    "\($0.publicAddress ?? $0.address) (\($0.count.replied) of \($0.count.flows))"
                }
                return [
                    "\(host.source)", host.decision.interface ?? "-",
                    "\(host.flows?.flows ?? 0)", Self.agreement(of: host),
                    seen.joined(separator: ", "),
                ]
            }
        guard !rows.isEmpty else { return [] }
        return TextTable(
            ["HOST", "EGRESS", "FLOWS", "AGREES", "SEEN AS (ANSWERED)"], rightAligned: [2]
        ).lines(rows)
    }

    /// After a move some flows stay where they began.
    private static func agreement(of host: HostFacts) -> String {
        guard let agrees = host.agrees else { return "unknown" }
        return agrees ? "yes" : host.seen.contains(where: host.isAsPromised) ? "partly" : "NO"
    }

    private var assignments: [String] {
        let rows = facts.assignments.map { assignment -> [String] in
            let unknown = assignment.isMasqueraded == false ? "-" : "unknown"
            return [
                assignment.source.description,
                assignment.present?.description
                    ?? (assignment.leavesNowhere ? "nowhere" : "unknown"),
                assignment.publicAddress?.description ?? (assignment.leavesNowhere ? "-" : unknown),
                "\(assignment.table)",
                assignment.method == .map ? "map" : assignment.isOwned ? "natdeck" : "foreign",
                assignment.isMasqueraded.map { $0 ? "yes" : "NO" }
                    ?? (assignment.leavesNowhere ? "-" : "unknown"),
                note(assignment),
            ]
        }
        guard !rows.isEmpty else {
            return snapshot.rules.value == nil ? [] : ["No host is assigned to an interface."]
        }
        let titles = ["SOURCE", "EGRESS", "PUBLIC", "TABLE", "RULE BY", "NAT", "NOTE"]
        guard rows.contains(where: { $0.last != "" }) else {
            return TextTable(titles.dropLast()).lines(rows.map { $0.dropLast() })
        }
        return TextTable(titles).lines(rows)
    }

    /// Why it goes another way than its own rule says; empty where it does not.
    private func note(_ assignment: Assignment) -> String {
        if let name = assignment.egress,
            let lost = facts.used(by: assignment.source, leavingBy: name).absent.first
        {
            return "\(lost) is not of this box: closed"
        }
        if let rule = assignment.defeat {
            return (assignment.egress.map { "not \($0): " } ?? "")
                + "rule \(rule.priority) defeats it"
        }
        if assignment.fallsThrough {
            return "table \(assignment.table) is open"
                + (assignment.decision.rule.map { ": rule \($0.priority) decides" } ?? "")
        }
        return assignment.decision.doubts.first.map { "rule \($0.priority) may decide" } ?? ""
    }

    /// What the names in the file of assignments stand for.
    private var names: [String] {
        let rows = (snapshot.names.value ?? []).flatMap { name -> [[String]] in
            let age = name.age(at: snapshot.takenAtMilliseconds / 1000)
            let first = [name.name.description.strippedOfControls, age ?? "never"]
            guard !name.hosts.isEmpty else { return [first + ["-", "-"]] }
            return name.hosts.enumerated().map { number, host in
                (number == 0 ? first : ["", ""]) + [
                    host.address.description,
                    host.who + (host.stoppedAtSeconds == nil ? "" : " (stopped)"),
                ]
            }
        }
        if rows.isEmpty { return [] }
        let pace = snapshot.names.value?.lazy.compactMap(\.pace).first
        return TextTable(["NAME", "TOLD", "HOST", "INSTANCE"]).lines(rows)
            + [pace.map { "Names are asked for \($0.words)." } ?? "No guard asks for names yet."]
    }

    private var rules: [String] {
        let rows = (snapshot.rules.value ?? []).map { rule in
            let maker = rule.isOwned ? "natdeck" : rule.isKernels ? "kernel" : "foreign"
            return [
                "\(rule.priority)", maker,
                rule.words(naming: snapshot.environment.tableNames.value ?? [:]),
            ]
        }
        return rows.isEmpty
            ? [] : TextTable(["PRIORITY", "BY", "RULE"], rightAligned: [0]).lines(rows)
    }

    /// The rules that translate sources; the whole table is for the dashboard and for `--json`.
    private var nat: [String] {
        let rows = (snapshot.nat.value ?? []).flatMap { set in
            set.chains.flatMap(\.rules).filter(\.translatesSource).map { rule in
                [
                    rule.isCounted ? "\(rule.packets)" : "-",
                    rule.isCounted ? "\(rule.bytes)" : "-", rule.target, rule.output, rule.source,
                    set.label, rule.extra,
                ]
            }
        }
        return rows.isEmpty
            ? []
            : TextTable(
                ["NEW CONN", "BYTES", "TARGET", "OUT", "SOURCE", "BACKEND", "EXTRA"],
                rightAligned: [0, 1]
            ).lines(rows)
    }

    private var problems: [String] {
        snapshot.problems.flatMap { problem in
            "\(problem.severity.rawValue): \(problem.message)".onOneLine.wrapped(80, indent: 2)
                + (problem.fix.map {
                    "fix: \($0)".onOneLine.wrapped(78, indent: 2).map { "  " + $0 }
                } ?? [])
        }
    }
}
