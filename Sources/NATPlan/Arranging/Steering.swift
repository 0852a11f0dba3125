import NATModel

/// The policy rules by which sources are steered to tables.
enum Steering {
    /// The rules that steer `source` to a table, in the order in which they are added.
    ///
    /// A table of ours hands back what is internal. One that others made does not, so a rule of its
    /// own before it lets the routes of main decide first, for this source alone.
    static func rules(for source: IPv4Prefix, to target: EgressTable.Target) -> [RoutingPolicyRule]
    {
        func rule(_ slot: Int, _ table: Int, suppress: Int? = nil) -> RoutingPolicyRule {
            RoutingPolicyRule(
                priority: Ownership.priority(for: source, slot: slot), source: source,
                action: .lookup(table: table), protocolNumber: Ownership.protocolNumber,
                suppressPrefixLength: suppress)
        }
        guard target.slot > 0 else { return [rule(0, target.table)] }
        return [
            rule(internalSlot, FIBTable.main, suppress: widestSuppressed),
            rule(target.slot, target.table),
        ]
    }

    /// From so many sources on natdeck spares the kernel the look at their rules for each packet.
    static let many = 16

    /// The slot of the rule that comes before those to tables of others.
    static let internalSlot = 1
    /// Routes of main that are this wide or wider lead outside.
    private static let widestSuppressed = 7

    /// Lets what one of the box's own addresses sends pass by every rule for sources: it goes the
    /// way it went before, whatever is assigned.
    static func pass(_ own: IPv4Address) -> RoutingPolicyRule {
        RoutingPolicyRule(
            priority: Ownership.hostPriority, source: IPv4Prefix(own),
            action: .goto(priority: Ownership.landingPriority),
            protocolNumber: Ownership.protocolNumber)
    }

    /// Lets what goes to an internal network pass by every rule for sources and connections.
    static func pass(to network: IPv4Prefix) -> RoutingPolicyRule {
        RoutingPolicyRule(
            priority: Ownership.passInternalPriority,
            action: .goto(priority: Ownership.landingPriority),
            protocolNumber: Ownership.protocolNumber,
            selectors: RuleSelectors(to: network))
    }

    /// Where what passes by the rules for sources goes on: behind every one of them.
    static let landing = landing(Ownership.landingPriority)

    /// Lets what one of the box's own addresses sends pass by the rules that close.
    static func passClosed(_ own: IPv4Address) -> RoutingPolicyRule {
        var rule = pass(own)
        rule.priority = Ownership.passClosedPriority
        rule.action = .goto(priority: Ownership.behindClosedPriority)
        return rule
    }

    /// Lets what has this mark pass by the rules that close.
    static func pass(_ free: PacketMark) -> RoutingPolicyRule {
        RoutingPolicyRule(
            priority: Ownership.passClosedPriority,
            action: .goto(priority: Ownership.behindClosedPriority),
            protocolNumber: Ownership.protocolNumber, mark: free)
    }

    /// Where what passes by the rules that close goes on.
    static let behindClosed = landing(Ownership.behindClosedPriority)

    /// Closes a network to what has no mark of natdeck.
    static func close(_ network: IPv4Prefix) -> RoutingPolicyRule {
        RoutingPolicyRule(
            priority: Ownership.closedPriority, source: network,
            action: .lookup(table: Ownership.closedTable),
            protocolNumber: Ownership.protocolNumber)
    }

    private static func landing(_ priority: Int) -> RoutingPolicyRule {
        RoutingPolicyRule(
            priority: priority, action: .other("nop"), protocolNumber: Ownership.protocolNumber)
    }

    /// Leads the connections that began by the egress of this number to its table.
    static func keep(_ mark: PacketMark, of number: Int, table: Int) -> RoutingPolicyRule {
        RoutingPolicyRule(
            priority: Ownership.markPriority(of: number), action: .lookup(table: table),
            protocolNumber: Ownership.protocolNumber, mark: mark)
    }

    /// Leads connections to that table no more.
    static func forget(_ rule: RoutingPolicyRule) -> Step {
        delete(rule, "lead no connection to table \(rule.table ?? 0) any more")
    }

    /// Brings back a rule of the operator's own.
    static func bringBack(_ rule: RoutingPolicyRule) -> Step {
        add(rule, "bring back the rule at priority \(rule.priority) that was taken over")
    }

    /// Adds a rule.
    static func add(_ rule: RoutingPolicyRule, _ summary: String) -> Step {
        Step(summary, .routing(.addRule(rule)))
    }

    /// Deletes a rule. Only rules that the model holds whole come here.
    static func delete(_ rule: RoutingPolicyRule, _ summary: String) -> Step {
        Step(summary, .routing(.deleteRule(rule)))
    }
}

extension RoutingPolicyRule {
    /// Whether it is one of ours that steers a source to a table.
    var steersSource: Bool { isOwned && isPlainSourceLookup }

    /// Whether it is the rule of an earlier natdeck that kept everybody's internal traffic internal.
    var isEarlierInternal: Bool {
        isOwned && source == nil && table == FIBTable.main && suppressPrefixLength != nil
    }
}
