internal import NATModel

/// The command behind a row, as a person would type it.
struct RowCommand: Hashable, Sendable {
    /// The command.
    var command: Command
    /// Whether it makes what the row tells of; otherwise it shows it.
    var makes: Bool

    /// A command that makes it.
    static func making(_ words: [String]) -> RowCommand {
        RowCommand(command: Command(words), makes: true)
    }

    /// A command that shows it, where none that makes it can be told exactly.
    static func showing(_ words: [String]) -> RowCommand {
        RowCommand(command: Command(words), makes: false)
    }
}

extension RowCommand {
    /// The command of a policy rule.
    init(_ rule: RoutingPolicyRule) {
        // Host bits of a source are typed as they were given, which no table of rules shows.
        var isExact = rule.selectors.canBeTyped && rule.selectors.givenSource == nil
        if case .other(let action) = rule.action {
            isExact = isExact && ["unreachable", "blackhole", "prohibit"].contains(action)
        }
        guard isExact else {
            self = .showing(["ip", "rule", "show", "priority", "\(rule.priority)"])
            return
        }
        self = .making(
            ["ip", "rule", "add", "priority", "\(rule.priority)"]
                + rule.words.split(separator: " ").map { $0 == "proto" ? "protocol" : String($0) })
    }

    /// The command of a route.
    init(_ route: Route, table: Int) {
        let destination = route.destination == .all ? "default" : "\(route.destination)"
        let name = FIBTable.name(of: table)
        // The weights of several hops are not known.
        guard route.hops.isEmpty else {
            self = .showing(["ip", "route", "show", "table", name, destination])
            return
        }
        var words = route.type == "unicast" ? [] : [route.type]
        words.append(destination)
        if let nextHop = route.nextHop { words += ["via", "\(nextHop)"] }
        if let interface = route.interface { words += ["dev", interface] }
        if route.metric != 0 { words += ["metric", "\(route.metric)"] }
        words += ["table", name]
        if let number = route.protocolNumber { words += ["protocol", "\(number)"] }
        if let source = route.preferredSource { words += ["src", "\(source)"] }
        if route.isOnLink { words.append("onlink") }
        self = .making(["ip", "route", "add"] + words)
    }

    /// The command of the rule at a place of a chain, counted from 1.
    init(_ rule: NATRule, at place: Int, of chain: NATChain, in set: NATRuleSet) {
        guard !rule.isOfNFT else {
            self = .showing(set.listing(chain: chain.name))
            return
        }
        guard let extra = Self.extraWords(rule) else {
            self = .showing([set.program, "-t", "nat", "-S", chain.name, "\(place)"])
            return
        }
        var words = [set.program, "-t", "nat", "-A", chain.name]
        words += Self.match("-s", rule.source, any: "0.0.0.0/0")
        words += Self.match("-d", rule.destination, any: "0.0.0.0/0")
        words += Self.match("-i", rule.input, any: "*")
        words += Self.match("-o", rule.output, any: "*")
        words += Self.match("-p", rule.proto == "0" ? "all" : rule.proto, any: "all")
        if rule.options == "-f" { words.append("-f") }
        if rule.options == "!f" { words += ["!", "-f"] }
        self = .making(words + extra)
    }

    private static func match(_ option: String, _ value: String, any: String) -> [String] {
        if value == any { return [] }
        return value.hasPrefix("!") ? ["!", option, String(value.dropFirst())] : [option, value]
    }

    /// Comment, target and the target's option; `nil` where the row says more than can be told
    /// back, because `iptables -nvL` prints matches in words of its own.
    private static func extraWords(_ rule: NATRule) -> [String]? {
        var rest = rule.extra[...]
        var words: [String] = []
        if rest.hasPrefix("/* ") {
            guard let end = rest.firstRange(of: " */") else { return nil }
            words += ["-m", "comment", "--comment", String(rest[..<end.lowerBound].dropFirst(3))]
            rest = rest[end.upperBound...].drop { $0 == " " }
        }
        if !rule.target.isEmpty { words += ["-j", rule.target] }
        if rest.isEmpty { return words }
        let option = ["SNAT": "--to-source", "DNAT": "--to-destination", "NETMAP": "--to"]
        guard let option = option[rule.target], rest.hasPrefix("to:"), !rest.contains(" ") else {
            return nil
        }
        return words + [option, String(rest.dropFirst(3))]
    }
}

extension Substring {
    /// Where `needle` stands for the first time.
    fileprivate func firstRange(of needle: String) -> Range<Index>? {
        indices.first { self[$0...].hasPrefix(needle) }.map {
            $0..<index($0, offsetBy: needle.count)
        }
    }
}
