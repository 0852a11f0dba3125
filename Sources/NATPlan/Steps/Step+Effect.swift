import NATModel

extension Snapshot {
    /// The box as these steps leave it, as far as rules, routes and nat rules go.
    func applying(_ steps: [Step]) -> Snapshot {
        var deleted: [RoutingPolicyRule: Int] = [:]
        var added: [RoutingPolicyRule] = []
        var routes: [Int: [Route]] = [:]
        var translations: [NATBackend: [NATRule]] = [:]
        for table in tables.value ?? [] { routes[table.id] = table.routes }
        for step in steps {
            switch step.action {
            case .routing(.addRule(let rule)): added.append(rule)
            case .routing(.deleteRule(let rule)): deleted[rule, default: 0] += 1
            case .routing(.addRoute(let route, let table)):
                routes[table, default: []].append(route)
            case .routing(.deleteRoute(let route, let table)):
                if let place = routes[table]?.firstIndex(where: { $0.isSame(as: route) }) {
                    routes[table]?.remove(at: place)
                }
            case .addMasquerade(let rule, nil):
                translations[rule.backend, default: []].append(rule.listed)
            default: continue
            }
        }
        var after = self
        after.rules = rules.map { rules in
            let kept = rules.filter { rule in
                guard let count = deleted[rule], count > 0 else { return true }
                deleted[rule] = count - 1
                return false
            }
            // Behind those of the same priority, as the kernel does.
            return (kept + added).enumerated()
                .sorted { ($0.element.priority, $0.offset) < ($1.element.priority, $1.offset) }
                .map(\.element)
        }
        after.tables = tables.map { _ in
            routes.filter { !$0.value.isEmpty }.sorted { $0.key < $1.key }.map {
                FIBTable(id: $0.key, routes: $0.value)
            }
        }
        after.nat = nat.map { sets in
            sets.map { set in
                guard let rules = translations[set.backend] else { return set }
                return set.appending(rules)
            }
        }
        return after
    }
}

extension Masquerade {
    /// The row that iptables lists it in.
    fileprivate var listed: NATRule {
        NATRule(
            target: "MASQUERADE", output: interface, source: source.description,
            extra: "/* \(Ownership.comment) */")
    }
}

extension NATRuleSet {
    /// The set with these rules at the end of POSTROUTING.
    fileprivate func appending(_ rules: [NATRule]) -> NATRuleSet {
        var set = self
        if let place = set.chains.firstIndex(where: { $0.name == "POSTROUTING" }) {
            set.chains[place].rules += rules
        } else {
            set.chains.append(NATChain(name: "POSTROUTING", policy: "ACCEPT", rules: rules))
        }
        return set
    }
}

extension Snapshot {
    /// The sources that rules of ours steer.
    var steered: Set<IPv4Prefix> {
        Set((rules.value ?? []).lazy.filter(\.steersSource).compactMap(\.source))
    }
}

extension BoxFacts {
    /// What follows from the box as these steps leave it.
    func applying(_ steps: [Step]) -> BoxFacts {
        BoxFacts(snapshot.applying(steps), derivesAssignments: false)
    }
}

extension Route {
    /// Whether the kernel would take it for that route; what it says of its state does not count.
    fileprivate func isSame(as other: Route) -> Bool {
        destination == other.destination && type == other.type && metric == other.metric
            && nextHop == other.nextHop && interface == other.interface
            && protocolNumber == other.protocolNumber
    }
}
