import NATModel
import NATPlan

// What did not fit into the table of flows, and what soon will not fit behind one address.
extension Doctor {
    /// What grows is seen by two readings; one alone only tells that something was lost some time.
    static func conntrackLosses(_ patient: Patient) -> Check {
        let topic = Topic(
            id: "conntrack-losses", title: "Lost flows",
            reason: "each is a connection that somebody could not make, or had taken away")
        if case .value(nil) = patient.environment.conntrack {
            return topic.ok("the kernel tracks no connections yet")
        }
        if let failure = patient.snapshot.conntrack.failure { return topic.unknown(failure) }
        guard let now = patient.snapshot.conntrack.value?.lost else {
            return topic.unknown(ReadFailure("/proc/net/stat/nf_conntrack", "it is not told"))
        }
        let columns: [(String, KeyPath<ConntrackCounters.Lost, UInt64>)] = [
            ("insert_failed", \.insertFailed), ("drop", \.drop), ("early_drop", \.earlyDrop),
        ]
        let sums = columns.map { "\($0.0) \(now[keyPath: $0.1])" }.joined(separator: ", ")
        guard let before = patient.earlier?.conntrack.value?.lost else {
            return topic.ok("\(sums) since the box was started; one reading tells no growth")
        }
        let growing = columns.compactMap { name, sum -> String? in
            let grown = now[keyPath: sum] &- before[keyPath: sum]
            return now[keyPath: sum] > before[keyPath: sum]
                ? "\(name) grew by \(grown) within \(patient.spanText)" : nil
        }
        return topic.found(
            .warning, growing, else: "\(sums), and none has grown within \(patient.spanText)",
            .manual("more room (net.netfilter.nf_conntrack_max), or shorter timeouts"))
    }

    static func portsTaken(_ patient: Patient) -> Check {
        let topic = Topic(
            id: "ports-taken", title: "Source ports",
            reason: "towards one destination a public address has \(PortUse.limit) ports, and where"
                + " they are taken nobody connects")
        let ports: [PortUse]
        switch patient.snapshot.flows {
        case .value(let totals): ports = totals.ports
        case .failed(let failure): return topic.unknown(failure)
        }
        let facts = patient.facts
        let findings = ports.compactMap { use -> String? in
            let growth = patient.growth(of: use)
            guard use.share > 0.8 || growth?.isUrgent == true else { return nil }
            let outside = facts.owner(of: use.address)?.promisedAddress(of: use.address)
            let hosts = use.hosts.map { "\($0.host) \($0.used)" }.joined(separator: ", ")
            return "\(outside ?? use.address): \(Int(use.share * 100)) % of the ports of"
                + " \(Transport.name(use.transport)) towards \(use.destination):\(use.port) are taken"
                + (growth?.text ?? "")
                + (hosts.isEmpty ? "" : ", most by \(hosts)")
        }
        let most = ports.first.map {
            "at most \(Int($0.share * 100)) % are taken, towards \($0.destination):\($0.port)"
        }
        return topic.found(
            ports.contains { $0.share > 0.95 } ? .error : .warning, findings,
            else: most ?? "no flow takes one",
            .manual("move some of these hosts to another public address"))
    }
}

extension Patient {
    /// How fast the ports towards a destination fill up; `nil` where they do not, or nobody knows.
    fileprivate func growth(of use: PortUse) -> (text: String, isUrgent: Bool)? {
        guard spanMilliseconds > 0,
            let before = earlier?.flows.value?.ports.first(where: {
                $0.address == use.address && $0.transport == use.transport
                    && $0.destination == use.destination && $0.port == use.port
            }), use.used > before.used
        else { return nil }
        let grown = use.used - before.used
        let left = max(PortUse.limit - use.used, 0)
        let seconds = Double(left) * Double(spanMilliseconds) / 1000 / Double(grown)
        let text = ", \(grown) more than \(spanText) before"
        // Half of them are free: what grows from little may stop at little.
        guard use.share > 0.5, seconds < 300 else { return (text, false) }
        return ("\(text): at this pace none is left in \(Int(seconds)) s", true)
    }
}
