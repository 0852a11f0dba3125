/// One change of the kernel's policy rules or routes.
///
/// Source: `RTM_NEWRULE`, `RTM_DELRULE`, `RTM_NEWROUTE`, `RTM_DELROUTE` of rtnetlink(7).
public enum RoutingChange: Hashable, Codable, Sendable {
    /// Adds a rule; one like it must not be there.
    case addRule(RoutingPolicyRule)
    /// Deletes the first rule that has everything this one says.
    case deleteRule(RoutingPolicyRule)
    /// Adds a route to a table; one with its destination and metric must not be there.
    case addRoute(Route, table: Int)
    /// Deletes the first route of a table that has everything this one says.
    case deleteRoute(Route, table: Int)

    /// The change that takes this one back.
    public var inverse: RoutingChange {
        switch self {
        case .addRule(let rule): .deleteRule(rule)
        case .deleteRule(let rule): .addRule(rule)
        case .addRoute(let route, let table): .deleteRoute(route, table: table)
        case .deleteRoute(let route, let table): .addRoute(route, table: table)
        }
    }

    /// Whether something is there afterwards that was not there before.
    public var isAddition: Bool {
        switch self {
        case .addRule, .addRoute: true
        case .deleteRule, .deleteRoute: false
        }
    }

    /// The command that does the same. See ip-rule(8), ip-route(8).
    public var command: Command {
        switch self {
        case .addRule(let rule): Command(["ip", "rule", "add"] + rule.commandWords)
        case .deleteRule(let rule): Command(["ip", "rule", "del"] + rule.commandWords)
        case .addRoute(let route, let table):
            Command(
                ["ip", "route", "add"] + route.commandWords(table)
                    + (route.isOnLink ? ["onlink"] : []))
        // The kernel does not look at `onlink` when it searches for the route to delete.
        case .deleteRoute(let route, let table):
            Command(["ip", "route", "del"] + route.commandWords(table))
        }
    }
}

extension RoutingChange: CustomStringConvertible {
    /// The line a person would type in a POSIX shell to do the same.
    public var description: String { command.description }
}

extension RoutingPolicyRule {
    /// What ip-rule(8) takes after `add` or `del`.
    fileprivate var commandWords: [String] {
        var bare = self
        bare.protocolNumber = nil
        let words = bare.words.split(separator: " ").map(String.init)
        return ["priority", "\(priority)"] + words
            + (protocolNumber.map { ["protocol", "\($0)"] } ?? [])
    }
}

extension Route {
    /// What ip-route(8) takes after `add` or `del`.
    fileprivate func commandWords(_ table: Int) -> [String] {
        var words = type == "unicast" ? [] : [type]
        words.append(destination == .all ? "default" : "\(destination)")
        if let typeOfService { words += ["tos", "0x" + String(typeOfService, radix: 16)] }
        if let nexthopObject {
            words += ["nhid", "\(nexthopObject)"]
        } else {
            if let nextHop { words += ["via", "\(nextHop)"] }
            if let nextHop6 { words += ["via", "inet6", "\(nextHop6)"] }
            if let interface { words += ["dev", interface] }
        }
        if let preferredSource { words += ["src", "\(preferredSource)"] }
        if metric != 0 { words += ["metric", "\(metric)"] }
        words += ["table", "\(table)"]
        if let protocolNumber { words += ["protocol", "\(protocolNumber)"] }
        if let scope { words += ["scope", "\(scope)"] }
        for hop in hops where nexthopObject == nil {
            words.append("nexthop")
            if let nextHop = hop.nextHop { words += ["via", "\(nextHop)"] }
            if let nextHop = hop.nextHop6 { words += ["via", "inet6", "\(nextHop)"] }
            words += ["dev", hop.interface]
            if let weight = hop.weight { words += ["weight", "\(weight)"] }
        }
        return words
    }
}
