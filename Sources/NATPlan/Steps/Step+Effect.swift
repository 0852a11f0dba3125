import NATModel

extension Snapshot {
    /// The box as these steps leave it, as far as rules, routes, the map and nat rules go.
    func applying(_ steps: [Step]) -> Snapshot {
        var deleted: [RoutingPolicyRule: Int] = [:]
        var added: [RoutingPolicyRule] = []
        var routes: [Int: [Route]] = [:]
        var translations: [NATBackend: [NATRule]] = [:]
        for table in tables.value ?? [] { routes[table.id] = table.routes }
        var gate = self.gate
        var map: [MapChange] = []
        var parameters: [String: Int] = [:]
        var file = sysctlFile
        for step in steps {
            switch step.action {
            case .setGate(let new):
                gate = gate.map { _ in new }
                map = []
            case .steer(let change): map.append(change)
            case .setParameter(let name, let value): parameters[name] = value
            case .write(SysctlFile.path, let contents): file = .value(contents)
            case .remove(SysctlFile.path): file = .value(nil)
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
        after.sysctlFile = file
        if !parameters.isEmpty {
            after.sysctls = sysctls.map { $0.merging(parameters) { _, new in new } }
        }
        after.gate = map.isEmpty ? gate : gate.map { $0?.changed(map) }
        after.rules = rules.map { $0.without(deleted).inserting(added) }
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

extension [RoutingPolicyRule] {
    /// The rules without so many of each of these.
    fileprivate func without(_ deleted: [RoutingPolicyRule: Int]) -> Self {
        if deleted.isEmpty { return self }
        var left = deleted
        // A look at a number spares ten thousand rules the look at all they have.
        let priorities = Set(deleted.keys.map(\.priority))
        return filter { rule in
            guard priorities.contains(rule.priority), let count = left[rule], count > 0 else {
                return true
            }
            left[rule] = count - 1
            return false
        }
    }

    /// The rules, which are in the order of evaluation, with these: behind those of the same
    /// priority, as the kernel does.
    fileprivate func inserting(_ added: Self) -> Self {
        if added.isEmpty { return self }
        let inOrder = added.enumerated()
            .sorted { ($0.element.priority, $0.offset) < ($1.element.priority, $1.offset) }
            .map(\.element)
        var result: Self = []
        result.reserveCapacity(count + added.count)
        var rest = self[...]
        for rule in inOrder {
            let end = rest.firstIndex { $0.priority > rule.priority } ?? rest.endIndex
            result += rest[..<end]
            result.append(rule)
            rest = rest[end...]
        }
        result += rest
        return result
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
    /// The networks, of more than one address, that rules of ours steer.
    var steeredNetworks: Set<IPv4Prefix> { Set(ruleSteered.filter { $0.length < 32 }) }
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
