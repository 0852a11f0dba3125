import NATModel
import NATPlan

// Kernel parameters that decide whether packets pass.
extension Doctor {
    static let forwardingName = "net.ipv4.ip_forward"
    static let accountingName = "net.netfilter.nf_conntrack_acct"

    static func forwarding(_ patient: Patient) -> Check {
        let topic = Topic(
            id: "ip-forward-off", title: "Forwarding",
            reason: "without it the box drops every packet that is not its own")
        let name = forwardingName
        guard let value = patient.snapshot.sysctl(name) else {
            return topic.unknown(patient.missing(name))
        }
        guard value != 0 else {
            return topic.found(
                .error, ["\(name) is 0: the box forwards nothing"], else: "",
                .plan(.mend(.parameters([name: 1]))))
        }
        var closed: [String: [IPv4Prefix]] = [:]
        for (source, egress) in patient.leaving {
            if let name = patient.facts.closedParameter(of: source, leavingBy: egress) {
                closed[name, default: []].append(source)
            }
        }
        let names = closed.keys.sorted()
        return topic.found(
            .error,
            names.map { name in
                let sources = closed[name] ?? []
                return "\(name) is 0: nothing that comes in there is forwarded, for"
                    + " \(sources.prefix(3).map(\.description).joined(separator: ", "))"
                    + (sources.count > 3 ? " and \(sources.count - 3) more" : "")
            }, else: "\(name) is \(value)",
            names.first.map { .manual("sysctl -w \(SysctlName(dotted: $0).spelling)=1") })
    }

    static func redirects(_ patient: Patient) -> Check {
        let topic = Topic(
            id: "send-redirects-on", title: "Redirects",
            reason: "a redirect tells a host to pass the box by, and then nobody translates it")
        let names = patient.parameterNames("send_redirects")
        if let missing = names.first(where: { patient.snapshot.sysctl($0) == nil }) {
            return topic.unknown(patient.missing(missing))
        }
        // The kernel sends them where either `all` or the interface says so.
        let wrong = names.filter { patient.snapshot.sysctl($0) != 0 }
        return topic.found(
            .warning, wrong.map { "\($0) is \(patient.snapshot.sysctl($0) ?? 1)" },
            else: "send_redirects is 0 for \(patient.scopes)",
            .plan(.mend(.parameters(Dictionary(uniqueKeysWithValues: wrong.map { ($0, 0) })))))
    }

    /// The kernel looks up the way back from a packet's destination to its source; strict, it
    /// drops the packet where that way is not the interface it came in by. So an address of an
    /// interface must leave by that interface.
    static func reversePath(_ patient: Patient) -> Check {
        let topic = Topic(
            id: "rp-filter-strict", title: "Reverse path filter",
            reason: "strict, the kernel drops what comes in by another way than answers go out by")
        if let failure = patient.failure(of: .interfaces, .rules, .tables, .sysctls) {
            return topic.unknown(failure)
        }
        var findings: [String] = []
        var wanted: [String: Int] = [:]
        for egress in patient.egresses {
            let name = egress.interface.name
            let parameter = "net.ipv4.conf.\(name).rp_filter"
            guard let own = patient.snapshot.sysctl(parameter),
                let all = patient.snapshot.sysctl("net.ipv4.conf.all.rp_filter")
            else { return topic.unknown(patient.missing(parameter)) }
            // The larger of the two counts.
            guard max(own, all) == 1 else { continue }
            for address in egress.interface.addresses {
                let source = IPv4Prefix(address.address)
                guard let way = patient.facts.decision(for: source).interface, way != name else {
                    continue
                }
                findings.append(
                    "\(own == 1 ? parameter : "net.ipv4.conf.all.rp_filter") is 1, and answers of"
                        + " \(address.address) on \(name) leave by \(way)")
                wanted[parameter] = 2
            }
        }
        return topic.found(
            .error, findings, else: "no egress is strict where ways in and out differ",
            .plan(.mend(.parameters(wanted))))
    }

    static func accounting(_ patient: Patient) -> Check {
        let topic = Topic(
            id: "conntrack-accounting-off", title: "Connection accounting",
            reason: "without it nobody knows how many bytes a host sends and receives")
        let name = accountingName
        guard let value = patient.snapshot.sysctl(name) else {
            return topic.unknown(patient.missing(name))
        }
        return topic.found(
            .info, value == 0 ? ["\(name) is 0"] : [], else: "\(name) is \(value)",
            .plan(.mend(.parameters([name: 1]))))
    }

    static func conntrackRoom(_ patient: Patient) -> Check {
        let topic = Topic(
            id: "conntrack-nearly-full", title: "Connection table",
            reason: "when it is full, new connections of every host are dropped")
        switch patient.environment.conntrack {
        case .failed(let failure): return topic.unknown(failure)
        case .value(nil): return topic.ok("the kernel tracks no connections yet")
        case .value(let table?):
            let text = "\(table.count) of \(table.maximum) entries are in use"
            // In steps of the maximum's size an Int cannot overflow here.
            guard table.maximum > 0, table.count > table.maximum / 5 * 4 else {
                return topic.ok(text)
            }
            return topic.found(
                .warning, [text + ", more than 80 %"],
                .manual("sysctl -w net.netfilter.nf_conntrack_max=\(table.maximum * 2)"))
        }
    }
}

extension Patient {
    /// The parameter of this name for every interface at once and for each egress.
    func parameterNames(_ last: String) -> [String] {
        (["all"] + egresses.map(\.interface.name)).map { "net.ipv4.conf.\($0).\(last)" }
    }

    /// `all, eth0, eth1`.
    var scopes: String {
        (["all"] + egresses.map(\.interface.name)).joined(separator: ", ")
    }

    /// Why a parameter is not known.
    func missing(_ name: String) -> ReadFailure {
        snapshot.sysctls.failure ?? ReadFailure(name, "the kernel has no such parameter")
    }
}
