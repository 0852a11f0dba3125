import NATModel

/// How a host is steered to a table: a policy rule. Nothing else of the plan knows it.
enum Steering {
    /// The rule that sends `source` to `table`.
    static func rule(for source: IPv4Prefix, table: Int) -> RoutingPolicyRule {
        RoutingPolicyRule(
            priority: Ownership.priority(for: source), source: source,
            action: .lookup(table: table), protocolNumber: Ownership.protocolNumber)
    }

    /// The rule that lets every route of main but the default decide first.
    static let internalRule = RoutingPolicyRule(
        priority: Ownership.internalPriority, action: .lookup(table: FIBTable.main),
        protocolNumber: Ownership.protocolNumber, suppressPrefixLength: 0)

    /// Adds a rule.
    static func add(_ rule: RoutingPolicyRule, _ summary: String) -> Step {
        Step(summary, .run(command("add", rule)), inverse: .run(command("del", rule)))
    }

    /// Deletes a rule, named by all it selects: `del pref N` alone would take any rule there.
    static func delete(_ rule: RoutingPolicyRule, _ summary: String) -> Step {
        Step(summary, .run(command("del", rule)), inverse: .run(command("add", rule)))
    }

    /// Source: ip-rule(8). Only rules that the model holds whole come here.
    private static func command(_ verb: String, _ rule: RoutingPolicyRule) -> Command {
        var words = ["ip", "rule", verb, "priority", "\(rule.priority)"]
        words += ["from", rule.source?.description ?? "all"]
        if let table = rule.table { words += ["lookup", FIBTable.name(of: table)] }
        if let length = rule.suppressPrefixLength {
            words += ["suppress_prefixlength", "\(length)"]
        }
        if let number = rule.protocolNumber { words += ["protocol", "\(number)"] }
        return Command(words)
    }
}
