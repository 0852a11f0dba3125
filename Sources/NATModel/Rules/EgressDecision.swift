/// Where the box's rules send what a source sends to the outside, and which rule decides.
///
/// Status, dashboard, plans and the doctor all ask `RuleDatabase` for it, so that they tell the same.
public struct EgressDecision: Hashable, Sendable {
    /// Where it ends.
    public var end: End
    /// The rule that decides; `nil` where none of them has a route, or where that is not known.
    public var rule: RoutingPolicyRule?
    /// Place of that rule in the order of evaluation, counted from 0.
    public var place: Int?
    /// The route that is taken, where a table is what decides.
    public var route: Route?
    /// The table that route stands in.
    public var table: Int?
    /// Rules evaluated before it that look at what is not known of a packet, and would send what
    /// they match another way.
    public var doubts: [RoutingPolicyRule]

    /// The last rule that led past others to the one that decides; `nil` where none did.
    public var jump: RoutingPolicyRule?

    /// Where a decision ends.
    public enum End: Hashable, Sendable {
        /// Packets leave by this interface.
        case leaves(by: String)
        /// Some leave by one of these interfaces and some by another, or not at all: the route has
        /// several hops, or parts of the outside have routes of their own.
        case splits(over: [String])
        /// Nothing leaves: the search ends at a route or rule that refuses, or finds no route.
        case nowhere
        /// Rules or tables could not be read, or the rule that decides is of an unknown kind.
        case unknown
    }

    /// A decision that ends so.
    public init(
        _ end: End, by rule: RoutingPolicyRule? = nil, at place: Int? = nil, route: Route? = nil,
        table: Int? = nil, doubts: [RoutingPolicyRule] = []
    ) {
        self.end = end
        self.rule = rule
        self.place = place
        self.route = route
        self.table = table
        self.doubts = doubts
    }

    /// The one interface packets leave by; `nil` where there are several, or none, or that is not
    /// known.
    public var interface: String? {
        if case .leaves(let interface) = end { interface } else { nil }
    }

    /// Every interface packets leave by.
    public var interfaces: [String] {
        switch end {
        case .leaves(let interface): [interface]
        case .splits(let interfaces): interfaces
        case .nowhere, .unknown: []
        }
    }

    /// The next hop of the route that is taken; `nil` where the destination is on the link, or
    /// where there are several hops.
    public var nextHop: IPv4Address? {
        guard let route else { return nil }
        return route.hops.isEmpty ? route.nextHop : nil
    }
}
