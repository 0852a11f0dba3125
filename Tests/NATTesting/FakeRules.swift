import NATHost
import NATModel

extension FakeBox {
    mutating func addRule(_ words: ArraySlice<String>) -> CommandReply? {
        guard let rule = Self.rule(words) else { return nil }
        if rules.contains(rule) { return Self.exists }
        addRule(rule)
        return CommandReply()
    }

    /// The kernel deletes the first rule that has what is said; what is not said it does not
    /// compare, so `del … from S lookup T` also takes a rule that has an `iif` besides.
    mutating func deleteRule(_ words: ArraySlice<String>) -> CommandReply? {
        guard let named = Self.rule(words) else { return nil }
        let index = rules.firstIndex { rule in
            rule.priority == named.priority && rule.action == named.action
                && rule.source == named.source
                && (named.protocolNumber == nil || rule.protocolNumber == named.protocolNumber)
                && (named.suppressPrefixLength == nil
                    || rule.suppressPrefixLength == named.suppressPrefixLength)
        }
        guard let index else { return Self.noEntry }
        rules.remove(at: index)
        return CommandReply()
    }

    private static func rule(_ words: ArraySlice<String>) -> RoutingPolicyRule? {
        var rest = words
        var rule = RoutingPolicyRule(priority: -1, action: .other("none"))
        while let word = rest.popFirst() {
            guard let value = rest.popFirst() else { return nil }
            switch word {
            case "priority":
                guard let number = Int(value) else { return nil }
                rule.priority = number
            case "from":
                guard value != "all" else { continue }
                guard let source = IPv4Prefix(value) else { return nil }
                rule.source = source
            case "lookup":
                let names = ["main": 254, "local": 255, "default": 253]
                guard let table = names[value] ?? Int(value) else { return nil }
                rule.action = .lookup(table: table)
            case "suppress_prefixlength": rule.suppressPrefixLength = Int(value)
            case "protocol": rule.protocolNumber = Int(value)
            default: return nil
            }
        }
        return rule.priority >= 0 && rule.table != nil ? rule : nil
    }

    mutating func changeRoute(_ words: ArraySlice<String>, isAdded: Bool) -> CommandReply? {
        guard let (table, route) = Self.route(words) else { return nil }
        if let name = route.interface, !interfaces.contains(where: { $0.name == name }) {
            return CommandReply(status: 1, error: "Cannot find device \"\(name)\"")
        }
        let routes = tables[table] ?? []
        if isAdded {
            // The kernel holds one route for each destination and metric.
            let isTaken = routes.contains {
                $0.destination == route.destination && $0.metric == route.metric
            }
            if isTaken { return Self.exists }
            if let name = route.interface, let gateway = route.nextHop, !route.isOnLink,
                interfaces.first(where: { $0.name == name })?.addresses
                    .contains(where: { $0.network.contains(gateway) }) != true
            {
                return CommandReply(status: 2, error: "Error: Nexthop has invalid gateway.")
            }
            tables[table, default: []].append(route)
            return CommandReply()
        }
        let index = routes.firstIndex {
            $0.destination == route.destination && $0.type == route.type
                && (route.metric == 0 || $0.metric == route.metric)
                && (route.interface == nil || $0.interface == route.interface)
                && (route.nextHop == nil || $0.nextHop == route.nextHop)
                && $0.protocolNumber == route.protocolNumber
        }
        guard let index else { return Self.noProcess }
        tables[table]?.remove(at: index)
        if tables[table]?.isEmpty == true { tables[table] = nil }
        return CommandReply()
    }

    private static func route(_ words: ArraySlice<String>) -> (table: Int, route: Route)? {
        var rest = words
        var route = Route(destination: .all)
        var table: Int?
        if rest.first == "unreachable" { route.type = rest.removeFirst() }
        guard let destination = rest.popFirst() else { return nil }
        guard destination == "default" || IPv4Prefix(destination) != nil else { return nil }
        route.destination = destination == "default" ? .all : source(destination)
        while let word = rest.popFirst() {
            if word == "onlink" {
                route.isOnLink = true
                continue
            }
            guard let value = rest.popFirst() else { return nil }
            switch word {
            case "via": route.nextHop = IPv4Address(value)
            case "dev": route.interface = value
            case "metric": route.metric = UInt32(value) ?? 0
            case "table": table = Int(value)
            case "protocol": route.protocolNumber = Int(value)
            default: return nil
            }
        }
        return table.map { ($0, route) }
    }
}
