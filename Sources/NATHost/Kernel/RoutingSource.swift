public import NATModel

/// What the kernel tells of its interfaces, policy rules and routes.
public protocol RoutingSource: Sendable {
    /// The interfaces with their IPv4 addresses, in the kernel's order.
    func interfaces() async -> Reading<[Interface]>
    /// The policy rules, in the order of evaluation.
    func rules() async -> Reading<[RoutingPolicyRule]>
    /// The FIB tables that hold a route, by number.
    func tables() async -> Reading<[FIBTable]>
    /// The queue of each interface, by the interface's index.
    func queues() async -> Reading<[Int: InterfaceQueue]>
    /// How often the cloud's allowances of these interfaces were exceeded, by interface and then by
    /// allowance; an interface whose driver does not tell is absent.
    func exceededAllowances(of interfaces: [String]) async -> [String: [String: UInt64]]
    /// Which way each of these packets would go; the answers in the order of the questions.
    func ways(of questions: [RouteQuestion]) async -> [Reading<RouteAnswer>]
}

extension RoutingSource {
    /// None.
    public func queues() async -> Reading<[Int: InterfaceQueue]> { .value([:]) }

    /// None.
    public func exceededAllowances(of interfaces: [String]) async -> [String: [String: UInt64]] {
        [:]
    }

    /// Which way a packet would go.
    public func way(of question: RouteQuestion) async -> Reading<RouteAnswer> {
        let none = ReadFailure("\(question.command)", "no answer")
        return await ways(of: [question]).first ?? .failed(none)
    }
}
