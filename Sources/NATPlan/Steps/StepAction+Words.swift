public import NATModel

extension Step.Action: CustomStringConvertible {
    /// The line a person would type in a POSIX shell to do the same.
    public var description: String {
        switch self {
        case .write(let path, let contents):
            let lines = contents.split(separator: "\n").map { Command.quoted(String($0)) }
            return "printf '%s\\n' \(lines.joined(separator: " ")) > \(Command.quoted(path))"
        case .remove(let path): return "rm \(Command.quoted(path))"
        default: return command?.description ?? ""
        }
    }

    /// The command that does the same; `nil` for what is done to a file.
    public var command: Command? {
        switch self {
        case .addRule(let rule): Self.rule("add", rule)
        case .deleteRule(let rule): Self.rule("del", rule)
        case .addRoute(let route, let table): Self.route("add", route, table)
        case .deleteRoute(let route, let table): Self.route("del", route, table)
        case .addMasquerade(let rule, nil): rule.command(["-A", "POSTROUTING"])
        case .addMasquerade(let rule, let position?):
            rule.command(["-I", "POSTROUTING", "\(position)"])
        case .deleteMasquerade(let rule): rule.command(["-D", "POSTROUTING"])
        case .setParameter(let name, let value):
            Command("sysctl", "-q", "-w", "\(SysctlName(dotted: name).spelling)=\(value)")
        case .endConnections(let source):
            Command("conntrack", "-D", "-s", source.description, "--src-nat")
        case .write, .remove: nil
        }
    }

    /// Source: ip-rule(8). A rule is deleted by all it selects: `del pref N` alone would take any
    /// rule there.
    private static func rule(_ verb: String, _ rule: RoutingPolicyRule) -> Command {
        var words = ["ip", "rule", verb, "priority", "\(rule.priority)"]
        words += ["from", rule.source?.description ?? "all"]
        if let mark = rule.mark { words += ["fwmark", mark] }
        if let table = rule.table { words += ["lookup", FIBTable.name(of: table)] }
        if let length = rule.suppressPrefixLength {
            words += ["suppress_prefixlength", "\(length)"]
        }
        if let number = rule.protocolNumber { words += ["protocol", "\(number)"] }
        return Command(words)
    }

    /// Source: ip-route(8).
    private static func route(_ verb: String, _ route: Route, _ table: Int) -> Command {
        var words = ["ip", "route", verb]
        if route.type != "unicast" { words.append(route.type) }
        words.append(route.destination == .all ? "default" : route.destination.description)
        if let nextHop = route.nextHop { words += ["via", nextHop.description] }
        if let interface = route.interface { words += ["dev", interface] }
        if route.isOnLink { words.append("onlink") }
        if route.metric != 0 { words += ["metric", "\(route.metric)"] }
        words += ["table", "\(table)"]
        if let number = route.protocolNumber { words += ["protocol", "\(number)"] }
        return Command(words)
    }
}

extension Masquerade {
    /// How long iptables may wait for the xtables lock, in seconds.
    private static let lockSeconds = 5

    /// Asks whether the rule is there.
    public var check: Command { command(["-C", "POSTROUTING"]) }

    /// Source: iptables(8).
    fileprivate func command(_ verb: [String]) -> Command {
        Command(
            [program, "-w", "\(Self.lockSeconds)", "-t", "nat"] + verb + [
                "-s", source.description, "-o", interface,
                "-m", "comment", "--comment", Ownership.comment, "-j", "MASQUERADE",
            ])
    }
}
