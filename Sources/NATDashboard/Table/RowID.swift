internal import NATModel

/// Who a row is: what stays the same when rows move and when the box is read anew.
enum RowID: Hashable, Sendable {
    /// A source of the overview.
    case host(IPv4Prefix)
    /// An interface, by its kernel index.
    case interface(Int)
    /// One more address of an interface that hosts can leave with.
    case address(Int, IPv4Address)
    /// A policy rule; copies of the same rule are told apart by a number.
    case rule(RoutingPolicyRule, copy: Int)
    /// The heading of a routing table.
    case table(Int)
    /// A route.
    case route(RouteKey)
    /// One of the hops of a route.
    case hop(RouteKey, Int)
    /// The heading of a nat table, by its label.
    case natSet(String)
    /// The heading of a chain, by the label of its table and its name.
    case natChain(String, String)
    /// A rule of a chain.
    case natRule(NATRuleKey)
    /// A check of the doctor, by its name.
    case check(String)
    /// A flow.
    case flow(FlowKey)
    /// Flows that have something in common, by what that is.
    case flowGroup(String)
    /// An instance of the cloud, by its number.
    case instance(String)
    /// An entry of the log, by its number.
    case log(Int)

    /// The source of a row of the overview; `nil` of another row.
    var host: IPv4Prefix? {
        if case .host(let source) = self { source } else { nil }
    }

    /// The kernel index of the interface that a row is of; `nil` of another row.
    var interfaceIndex: Int? {
        switch self {
        case .interface(let index), .address(let index, _): index
        default: nil
        }
    }
}

/// A route, whether or not its link is up.
struct RouteKey: Hashable, Sendable {
    /// The table it is in.
    let table: Int
    /// The route, as if its link were up.
    let route: Route
    /// How many of the same stand before it.
    let copy: Int

    /// A route of a table.
    init(_ route: Route, table: Int, copy: Int) {
        var route = route
        route.isDead = false
        route.isPassedOver = false
        self.route = route
        self.table = table
        self.copy = copy
    }
}

/// A rule of a nat table: all of it but its counters.
struct NATRuleKey: Hashable, Sendable {
    /// The label of the table that holds it.
    let set: String
    /// The chain it is in.
    let chain: String
    /// The rule, its counters being 0.
    let rule: NATRule
    /// How many of the same stand before it: the kernel accepts the same rule twice.
    let copy: Int
}
