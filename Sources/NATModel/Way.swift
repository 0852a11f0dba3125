/// Where the box's rules send what a source sends to the outside.
///
/// Status, dashboard, plans and the doctor all ask for it here, so that they tell the same.
public struct Way: Hashable, Sendable {
    /// Where it ends.
    public var end: End
    /// The rule that decides; `nil` where none of them has a route, or where that is not known.
    public var rule: RoutingPolicyRule?
    /// Rules evaluated before it that look at more than the source, and would send what they match
    /// another way.
    public var doubts: [RoutingPolicyRule]

    /// Where a way ends.
    public enum End: Hashable, Sendable {
        /// Packets leave by this interface.
        case leaves(by: String)
        /// Nothing leaves: the search ends at a route or rule that refuses, or finds no route.
        case nowhere
        /// Rules or tables could not be read, or the rule that decides is of an unknown kind.
        case unknown
    }

    /// A way that ends so.
    public init(_ end: End, by rule: RoutingPolicyRule? = nil, doubts: [RoutingPolicyRule] = []) {
        self.end = end
        self.rule = rule
        self.doubts = doubts
    }

    /// The interface packets leave by; `nil` where they do not leave or that is not known.
    public var interface: String? {
        if case .leaves(let interface) = end { interface } else { nil }
    }
}

extension RoutingPolicyRule {
    /// Whether the kernel made it when the network came up: 0, 32766 and 32767.
    public var isKernels: Bool {
        guard source == nil, mark == nil, other.isEmpty, suppressPrefixLength == nil, !isOwned
        else { return false }
        switch (priority, table) {
        case (0, FIBTable.local), (32766, FIBTable.main), (32767, FIBTable.defaultTable):
            return true
        default: return false
        }
    }

    /// Whether it matches what a source sends through the box to the outside.
    ///
    /// Source: `fib_rule_match` in net/core/fib_rules.c and `fib4_rule_match` in net/ipv4.
    func match(_ wanted: IPv4Prefix) -> RuleMatch {
        let isNegated = other.contains("not")
        let others = other.compactMap { $0 == "not" ? nil : Self.match(outside: $0) }
        let selectors =
            [Self.match(source, wanted), mark == nil ? .always : .sometimes] + others
        let plain: RuleMatch =
            selectors.contains(.never)
            ? .never : selectors.contains(.sometimes) ? .sometimes : .always
        switch plain {
        case .always: return isNegated ? .never : .always
        case .never: return isNegated ? .always : .never
        case .sometimes: return .sometimes
        }
    }

    private static func match(_ source: IPv4Prefix?, _ wanted: IPv4Prefix) -> RuleMatch {
        guard let source, !source.contains(wanted) else { return .always }
        return source.overlaps(wanted) ? .sometimes : .never
    }

    /// What a selector the model has no field for says of a forwarded packet to the outside; `nil`
    /// for what selects nothing.
    private static func match(outside words: String) -> RuleMatch? {
        let parts = words.split(separator: " ", maxSplits: 1)
        let value = parts.count == 2 ? parts[1] : ""
        switch parts.first {
        // The address as it was given, host bits and all, and a mark for routes.
        case "from", "realms": return nil
        // Only a socket is bound to an interface it sends by.
        case "oif": return .never
        // The loopback is where the box's own packets come in.
        case "iif": return value == "lo" ? .never : .sometimes
        case "to":
            guard let network = IPv4Prefix(value) else { return .sometimes }
            return network.isOutside
        default: return .sometimes
        }
    }
}

extension IPv4Prefix {
    /// Whether it holds all of the outside, some of it or none.
    var isOutside: RuleMatch {
        if self == .all { return .always }
        // 0.0.0.0/1 begins with a network of no use and still holds half of the outside.
        return Self.specialPurpose.contains { $0.contains(self) } ? .never : .sometimes
    }
}
