import NATHost
import NATModel

extension FakeBox {
    mutating func addRule(_ words: ArraySlice<String>) -> CommandReply? {
        Self.rule(words).map { change(.addRule($0)).reply }
    }

    mutating func deleteRule(_ words: ArraySlice<String>) -> CommandReply? {
        Self.rule(words).map { change(.deleteRule($0)).reply }
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
        return change(
            isAdded ? .addRoute(route, table: table) : .deleteRoute(route, table: table)
        ).reply
    }

    private static func route(_ words: ArraySlice<String>) -> (table: Int, route: Route)? {
        var rest = words
        var route = Route(destination: .all)
        var table: Int?
        if let type = rest.first, ["unreachable", "throw", "blackhole"].contains(type) {
            route.type = rest.removeFirst()
        }
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
