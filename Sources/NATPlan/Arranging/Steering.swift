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
        Step(summary, .routing(.addRule(rule)))
    }

    /// Deletes a rule. Only rules that the model holds whole come here.
    static func delete(_ rule: RoutingPolicyRule, _ summary: String) -> Step {
        Step(summary, .routing(.deleteRule(rule)))
    }
}
