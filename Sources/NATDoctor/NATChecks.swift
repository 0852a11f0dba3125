import NATModel
import NATPlan

// What the nat tables do with packets that leave.
extension Doctor {
    static func assignedSources(_ patient: Patient) -> Check {
        let topic = Topic(
            id: "not-masqueraded", title: "NAT of assigned hosts",
            reason: "their packets leave with a private address, to which nothing comes back")
        if let failure = patient.failure(of: .rules, .tables, .nat) {
            return topic.unknown(failure)
        }
        var wanted: [String: [IPv4Prefix]] = [:]
        // Which other address a rule gives is told by a check of its own, and so is one that the box
        // has lost: what is to leave with that does not leave.
        let bare = patient.assignments.filter { assignment in
            guard assignment.isMasqueraded == false else { return false }
            if let egress = assignment.egress,
                !patient.facts.used(by: assignment.source, leavingBy: egress).absent.isEmpty
            {
                return false
            }
            let promise = assignment.decision.interface.flatMap {
                patient.facts.promise(of: assignment.source, leavingBy: $0)
            }
            return promise?.answer.address == nil
        }
        for assignment in bare {
            if let egress = assignment.decision.interface {
                wanted[egress, default: []].append(assignment.source)
            }
        }
        return topic.found(
            .error,
            bare.map {
                "\($0.source) leaves by \($0.decision.interface ?? "it"), but no MASQUERADE or SNAT rule covers"
                    + " it there"
            },
            else: patient.assignments.isEmpty
                ? "no host is assigned" : "NAT covers every assigned host",
            bare.prefix(8).lazy.compactMap {
                patient.exemption(of: $0.source, $0.decision.interface)
            }
            .first.map {
                .manual(
                    "the rule «\($0)» exempts it: if that is not meant so, what made the rule has"
                        + " to leave it out")
            } ?? .plan(.mend(.masquerade(wanted, isKept: false))))
    }

    static func egressNAT(_ patient: Patient) -> Check {
        let topic = Topic(
            id: "masquerade-missing", title: "NAT of each egress",
            reason: "what leaves by an interface without NAT keeps its private address")
        if let failure = patient.failure(of: .interfaces, .tables, .nat) {
            return topic.unknown(failure)
        }
        let networks = patient.networks
        var findings: [String] = []
        var wanted: [String: [IPv4Prefix]] = [:]
        for name in patient.egresses.map(\.interface.name) {
            let bare = networks.filter { network in
                guard let answer = patient.facts.promise(of: network, leavingBy: name)?.answer
                else { return false }
                // Which other address a rule gives is told by a check of its own.
                return answer.isCovered == false && answer.address == nil
                    && patient.exemption(of: network, name) == nil
            }
            for network in bare {
                findings.append("no MASQUERADE or SNAT rule covers \(network) on \(name)")
                wanted[name, default: []].append(network)
            }
            if networks.isEmpty, !patient.translates(name) {
                findings.append("no MASQUERADE or SNAT rule is there for \(name)")
            }
        }
        let names = patient.egresses.map(\.interface.name).joined(separator: ", ")
        return topic.found(
            .warning, findings,
            else: patient.egresses.isEmpty
                ? "no interface leads outside"
                : "NAT covers \(Self.list(networks)) on \(names)",
            wanted.isEmpty
                ? .manual("natdeck setup --source CIDR")
                : .plan(.mend(.masquerade(wanted, isKept: true))))
    }

    static func backends(_ patient: Patient) -> Check {
        let topic = Topic(
            id: "two-nat-backends", title: "nat tables",
            reason: "the kernel asks both, and a packet may be translated by either")
        guard let sets = patient.snapshot.nat.value else {
            return topic.unknown(patient.failure(of: .nat) ?? .unread)
        }
        let holding = sets.filter { $0.hasRules && $0.isOfIPTables }
        return topic.found(
            .warning,
            holding.count > 1
                ? ["nf_tables and legacy both hold nat rules: a packet may be translated by either"]
                : [],
            else: holding.first.map { "only \($0.backend.rawValue) holds nat rules" }
                ?? "no nat rule is there",
            .manual(
                "compare iptables-nft-save -t nat with iptables-legacy-save -t nat, and move the"
                    + " rules of one to the other"))
    }

    /// MASQUERADE rules that name no interface count what leaves by any.
    static func sharedCounters(_ patient: Patient) -> Check {
        let topic = Topic(
            id: "masquerade-counts-all", title: "New connections",
            reason: "the new connections of each interface are counted by a rule for it alone")
        if let failure = patient.failure(of: .interfaces, .tables, .nat) {
            return topic.unknown(failure)
        }
        let shared = patient.egresses.filter { $0.masquerade == nil }.map(\.interface.name)
            .filter(patient.isMasqueradedForAll)
        return topic.found(
            .info,
            shared.map { "no MASQUERADE is for \($0) alone: its new connections are not known" },
            else: patient.egresses.isEmpty
                ? "no interface leads outside" : "no MASQUERADE rule counts for several interfaces",
            nil)
    }

    static func duplicateNAT(_ patient: Patient) -> Check {
        let topic = Topic(
            id: "duplicate-nat-rules", title: "Duplicate nat rules",
            reason: "deleting one leaves the other in force, and nothing seems to have changed")
        guard let sets = patient.snapshot.nat.value else {
            return topic.unknown(patient.failure(of: .nat) ?? .unread)
        }
        var findings: [String] = []
        for set in sets {
            for chain in set.chains {
                var seen: Set<RuleInChain> = []
                seen.reserveCapacity(chain.rules.count)
                for place in chain.rules.indices {
                    if !seen.insert(RuleInChain(rules: chain.rules, place: place)).inserted {
                        let rule = chain.rules[place]
                        findings.append(
                            "\(set.label) \(chain.name): \(rule.target) of"
                                + " \(rule.source) on \(rule.output) is there twice")
                    }
                }
            }
        }
        return topic.found(
            .info, findings, else: "no nat rule is there twice",
            .manual("iptables -t nat -nvL --line-numbers, then iptables -t nat -D CHAIN NUMBER"))
    }

    private static func list(_ networks: [IPv4Prefix]) -> String {
        networks.isEmpty ? "what it covers" : networks.map(\.description).joined(separator: ", ")
    }
}

/// A rule of a chain as it is compared with ten thousand others: neither copied, nor with its
/// counters.
private struct RuleInChain: Hashable {
    let rules: [NATRule]
    let place: Int

    static func == (left: Self, right: Self) -> Bool {
        var rule = left.rules[left.place]
        rule.packets = right.rules[right.place].packets
        rule.bytes = right.rules[right.place].bytes
        return rule == right.rules[right.place]
    }

    /// What tells rules apart at all tells most of them apart.
    func hash(into hasher: inout Hasher) {
        hasher.combine(rules[place].source)
        hasher.combine(rules[place].destination)
        hasher.combine(rules[place].extra)
    }
}

extension Patient {
    /// The networks behind the box: the cloud's word, else what NAT covers on any interface.
    var networks: [IPv4Prefix] {
        let told = (snapshot.cloud.value ?? []).flatMap(\.vpcNetworks)
        let known = told.isEmpty ? masqueradedNetworks : told
        // The widest, and not all of them: each is followed through every rule.
        return Array(Set(known).sorted { ($0.length, $0) < ($1.length, $1) }.prefix(32)).sorted()
    }

    /// Single hosts are no networks: natdeck covers each by itself, where it has to.
    private var masqueradedNetworks: [IPv4Prefix] {
        (snapshot.nat.value ?? []).flatMap(\.chains).flatMap(\.rules)
            .filter(\.isMasquerade).compactMap(\.sourcePrefix)
            .filter { $0.length > 0 && $0.length < 32 }
    }

    /// Whether what leaves by this interface is counted by a rule for several: one that names none.
    func isMasqueradedForAll(_ name: String) -> Bool {
        (snapshot.nat.value ?? []).contains { set in
            (set.chain("POSTROUTING")?.rules ?? []).contains {
                $0.target == "MASQUERADE" && $0.output == "*"
            }
        }
    }

    /// Whether any rule translates what leaves by this interface.
    func translates(_ name: String) -> Bool {
        (snapshot.nat.value ?? []).contains { set in
            set.chains.contains { chain in
                chain.rules.contains {
                    $0.translatesSource && $0.matchOutput(name) == .always
                }
            }
        }
    }

    /// The rule by which the operator keeps a source from being translated; `nil` where none does.
    func exemption(of source: IPv4Prefix, _ egress: String?) -> String? {
        guard let egress else { return nil }
        let packet = ForwardedPacket(source: source, output: egress)
        return facts.filters.nat(packet)?.exemption.map { $0.rule?.words ?? $0.description }
    }
}
