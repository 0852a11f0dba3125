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
}
