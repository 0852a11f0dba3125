import NATModel
import NATPlan

// Whether what holds now holds after a reboot.
extension Doctor {
    static func savedParameters(_ patient: Patient) -> Check {
        let topic = Topic(
            id: "parameters-not-saved", title: "Parameters at boot",
            reason: "what is right now by hand alone is gone after a reboot")
        if let failure = patient.failure(of: .sysctls) { return topic.unknown(failure) }
        guard let saved = patient.environment.savedParameters.value else {
            return topic.unknown(patient.environment.savedParameters.failure ?? .unread)
        }
        var findings: [String] = []
        var wanted: [String: Int] = [:]
        var overriding: String?
        for (name, value) in patient.goodParameters.sorted(by: { $0.key < $1.key }) {
            let entry = saved.entry(for: name)
            guard saved.value(of: name) != value else { continue }
            findings.append(
                "\(name) is \(patient.snapshot.sysctl(name) ?? value), and "
                    + (entry.map { "\($0.path) sets it to \($0.value ?? "")" }
                        ?? "no file sets it"))
            wanted[name] = value
            // A file whose name comes later wins over ours, which says so in vain.
            if let entry, comesLater(entry.path) {
                overriding = overriding ?? "set \(name) to \(value) in \(entry.path)"
            }
        }
        return topic.found(
            .warning, findings, else: "what is right now is set at boot too",
            overriding.map { .manual($0) } ?? .plan(.mend(.parameters(wanted))))
    }

    private static func comesLater(_ path: String) -> Bool {
        let name = path.split(separator: "/").last ?? ""
        let own = SysctlFile.path.split(separator: "/").last ?? ""
        return path == "/etc/sysctl.conf" || name.utf8.lexicographicallyPrecedes(own.utf8) == false
    }

    /// What the file keeps and is not so. What is so and not kept is another check.
    static func differingAssignments(_ patient: Patient) -> Check {
        let topic = Topic(
            id: "assignments-differ", title: "Kept assignments",
            reason: "a host that leaves otherwise than was kept has another public address")
        if let failure = patient.failure(of: .rules, .tables, .saved) {
            return topic.unknown(failure)
        }
        guard let saved = patient.snapshot.saved.value ?? nil else {
            return topic.ok("nothing is kept: there is no \(SavedAssignment.path)")
        }
        // A change that awaits its keep differs as it should.
        if patient.snapshot.pending.value ?? nil != nil {
            return topic.ok("a change is pending, which the file does not know of yet")
        }
        let findings = patient.facts.drift.compactMap { drift -> String? in
            guard let kept = drift.kept else { return nil }
            return "\(drift.source) is kept for \(kept.words), and "
                + patient.reason(of: drift)
        }
        return topic.found(
            .error, findings, else: "every kept source leaves as it was kept",
            .plan(.arrange(saved, on: patient.snapshot)))
    }

    static func savedAssignments(_ patient: Patient) -> Check {
        let topic = Topic(
            id: "assignments-not-saved", title: "Assignments at boot",
            reason: "a host that is not saved leaves by the main table after a reboot")
        if let failure = patient.failure(of: .rules) ?? patient.failure(of: .saved) {
            return topic.unknown(failure)
        }
        let saved = Set((patient.snapshot.saved.value.flatMap { $0 } ?? []).map(\.source))
        // One whose table leads nowhere is to leave by no interface that could be kept.
        let lost = patient.assignments.compactMap { assignment in
            saved.contains(assignment.source)
                ? nil : assignment.wanted.map { (source: assignment.source, egress: $0) }
        }
        return topic.found(
            .warning,
            lost.map { "\($0.source) leaves by \($0.egress.words), and that is not saved" },
            else: "every assignment is in the file", .manual("natdeck save"))
    }

    /// `nil` where no name is followed.
    static func followedNames(_ patient: Patient) -> Check? {
        let topic = Topic(
            id: "names-untold", title: "Names of sources",
            reason: "as long as nobody tells what a name stands for, what was told last goes on")
        // Why they cannot be read is told of the assignments.
        guard let names = patient.snapshot.names.value, !names.isEmpty else { return nil }
        let now = patient.snapshot.takenAtMilliseconds / 1000
        let findings = names.compactMap { name -> String? in
            let what = name.name.description.strippedOfControls
            guard let age = name.age(at: now) else {
                return "\(what): \(name.trouble ?? "nobody was asked yet")"
            }
            let count = "\(name.hosts.count) host\(name.hosts.count == 1 ? "" : "s")"
            if let trouble = name.trouble {
                return "\(what): \(trouble); it goes on as \(count), told \(age)"
            }
            return name.isForgotten(at: now)
                ? "\(what): \(count), told \(age), and nobody has asked since" : nil
        }
        let pace = names.lazy.compactMap(\.pace).first
        return topic.found(
            .warning, findings,
            else: "what every name stands for is known"
                + (pace.map { ", and asked \($0.words)" } ?? ""),
            .manual(
                "natdeck apply asks again, and so does the guard: natdeck service install runs it"))
    }

    /// `nil` where no name is followed.
    static func overlappingNames(_ patient: Patient) -> Check? {
        let topic = Topic(
            id: "names-overlap", title: "Names that claim one host",
            reason: "only one of them decides, and which one hangs on the order of the file")
        guard let names = patient.snapshot.names.value, !names.isEmpty else { return nil }
        var claims: [IPv4Address: [String]] = [:]
        for name in names {
            for host in name.hosts {
                claims[host.address, default: []].append(name.name.description.strippedOfControls)
            }
        }
        let findings = claims.filter { $0.value.count > 1 }.sorted { $0.key < $1.key }.map {
            address, names in
            let kept = patient.facts.saved(IPv4Prefix(address)).map { saved in
                let by = saved.name?.description.strippedOfControls ?? "its own line"
                return ": it is kept for \(saved.egress), as \(by) says"
            }
            return "\(address) is claimed by \(names.joined(separator: " and "))\(kept ?? "")"
        }
        return topic.found(
            .warning, findings, else: "no host is claimed by two names",
            .manual("natdeck release one of them, or give fewer instances its tag"))
    }

    static func service(_ patient: Patient) -> Check {
        let topic = Topic(
            id: "service-missing", title: "natdeck's service",
            reason: "only the service makes the assignments again after a reboot")
        switch patient.environment.service {
        case .failed(let failure): return topic.unknown(failure)
        case .value(.enabled(isRunning: true)):
            return topic.ok("\(Environment.servicePath) runs the guard at boot, and it runs now")
        case .value(.enabled(isRunning: false)):
            return topic.found(
                .warning, ["\(Environment.servicePath) is enabled, but no guard runs"],
                .manual("systemctl restart natdeck; journalctl -u natdeck tells why it ended"))
        case .value(.disabled):
            return topic.found(
                .warning, ["\(Environment.servicePath) is there, but not started at boot"],
                .manual("natdeck service install"))
        case .value(.absent):
            // Where nothing is assigned there is nothing to lose.
            let isNeeded = patient.assignments.contains(where: \.isOwned)
            return topic.found(
                isNeeded ? .warning : .info, ["\(Environment.servicePath) is not there"],
                .manual("natdeck service install"))
        }
    }

    /// The rules a service loads at boot replace the whole nat table; ours among them come back
    /// with their comment, and so are ours again.
    static func savedRules(_ patient: Patient) -> Check {
        let topic = Topic(
            id: "saved-iptables-rules", title: "Saved iptables rules",
            reason: "when the service starts, the whole nat table becomes what the file says")
        switch patient.environment.savedRules {
        case .failed(let failure): return topic.unknown(failure)
        case .value(let services):
            let findings = services.map { service -> String in
                let state = service.isEnabled ? "starts at boot" : "does not start at boot"
                guard service.exists else {
                    return "\(service.service) \(state), and \(service.path) is not there"
                }
                guard service.ownedCount > 0 else {
                    return "\(service.service) \(state): \(service.path) holds no rule of natdeck,"
                        + " so its start removes ours until natdeck makes them again"
                }
                return "\(service.service) \(state): \(service.path) holds \(service.ownedCount)"
                    + " of natdeck's rules, which come back as ours and are not made twice"
            }
            return topic.found(
                .info, findings, else: "no service loads iptables rules at boot",
                .manual("let natdeck make its rules at boot, after that service, or save anew"))
        }
    }
}

extension Patient {
    /// Why a source leaves otherwise than it was kept.
    fileprivate func reason(of drift: Drift) -> String {
        let decision = facts.decision(for: drift.source)
        guard let assignment = facts.assignment(of: drift.source) else {
            if let kept = drift.kept?.interface, kept == decision.interface {
                return "has no rule of its own: it goes there only as long as others do"
            }
            return decision.interfaces.isEmpty
                ? "has no way out"
                : "leaves by \(decision.interfaces.joined(separator: "+")): no rule is for it"
        }
        if let rule = assignment.defeat {
            let way =
                decision.interfaces.isEmpty
                ? "has no way out" : "leaves by \(decision.interfaces.joined(separator: "+"))"
            return "\(way): rule \(rule.priority) «\(rule.words)» comes first"
        }
        if decision.end == .nowhere {
            let state = (drift.kept?.interface).flatMap { name in
                snapshot.interface(name).map { $0.state == .down ? "\(name) is down" : nil }
                    ?? "\(name) is not there"
            }
            return "is blocked: " + (state ?? "table \(assignment.table) has no way out")
        }
        let ways = decision.interfaces.joined(separator: "+")
        guard let kept = drift.kept, kept.interface == drift.present?.interface else {
            return "leaves by \(ways)"
        }
        return assignment.addresses.isEmpty
            ? "natdeck gives it no address there by now"
            : "leaves by \(drift.present?.words ?? ways)"
    }

    /// The parameters that are as NAT needs them now, and would not be by the kernel's default.
    var goodParameters: [String: Int] {
        var good: [String: Int] = [:]
        for name in [Doctor.forwardingName, Doctor.accountingName] where snapshot.sysctl(name) == 1
        {
            good[name] = 1
        }
        for name in parameterNames("send_redirects") where snapshot.sysctl(name) == 0 {
            good[name] = 0
        }
        // Off is as good as loose and needs no file, unless a file makes it strict.
        let saved = environment.savedParameters.value ?? SavedParameters()
        let names = parameterNames("rp_filter")
        func isStrict(_ name: String, _ value: (String) -> Int?) -> Bool {
            max(value(names[0]) ?? 0, value(name) ?? 0) == 1
        }
        for name in names.dropFirst()
        where isStrict(name, saved.value) && !isStrict(name, snapshot.sysctl) {
            good[name] = 2
        }
        return good
    }
}
