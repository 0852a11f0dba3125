import Glibc
import NATHost
import NATModel
import Synchronization

extension FakeHost: RoutingChanger {
    package func change(
        _ changes: [RoutingChange], tolerating: Set<Int32>
    ) async -> RoutingChangeReport {
        state.withLock { state in
            for (done, change) in changes.enumerated() {
                if let failure = state.failure(of: change, tolerating: tolerating) {
                    return RoutingChangeReport(done: done, failure: failure)
                }
            }
            return RoutingChangeReport(done: changes.count)
        }
    }
}

extension FakeHost.State {
    fileprivate mutating func failure(
        of change: RoutingChange, tolerating: Set<Int32>
    ) -> RoutingChangeReport.Failure? {
        let fault = beginChange(change.description)
        if fault == .refused { return .init(number: EINVAL, reason: "told to fail") }
        if fault == .hungBefore { return Self.lost(ETIMEDOUT) }
        let refusal = box.change(change)
        switch fault {
        case .hungAfter: return Self.lost(ETIMEDOUT)
        case .diedAfter: return Self.lost(ENOBUFS)
        default: break
        }
        guard let number = refusal.number, !tolerating.contains(number) else { return nil }
        return .init(number: number, reason: refusal.reason)
    }

    private static func lost(_ number: Int32) -> RoutingChangeReport.Failure {
        .init(number: number, reason: String(cString: strerror(number)), isUncertain: true)
    }
}

/// What the fake kernel says of a change.
struct FakeAnswer {
    /// Its error; `nil` where the change was made.
    var number: Int32?
    /// Its own sentence; `nil` where it gives a number alone.
    var sentence: String?

    var reason: String { sentence ?? number.map { String(cString: strerror($0)) } ?? "" }

    /// The same as ip(8) tells it.
    var reply: CommandReply {
        guard let number else { return CommandReply() }
        if number == ENODEV { return CommandReply(status: 1, error: reason) }
        return CommandReply(
            status: 2, error: sentence.map { "Error: \($0)." } ?? "RTNETLINK answers: \(reason)")
    }
}

extension FakeBox {
    /// Changes rules and routes as the kernel does.
    mutating func change(_ change: RoutingChange) -> FakeAnswer {
        switch change {
        case .addRule(let rule):
            if rules.contains(rule) { return FakeAnswer(number: EEXIST) }
            addRule(rule)
        case .deleteRule(let rule):
            guard let index = rules.firstIndex(where: { $0.hasAll(of: rule) }) else {
                return FakeAnswer(number: ENOENT)
            }
            rules.remove(at: index)
        case .addRoute(let route, let table): return add(route, to: table)
        case .deleteRoute(let route, let table): return delete(route, from: table)
        }
        return FakeAnswer()
    }

    private mutating func add(_ route: Route, to table: Int) -> FakeAnswer {
        if let refusal = absentInterface(of: route) { return refusal }
        // The kernel holds one route for each destination and metric.
        let isTaken = (tables[table] ?? []).contains {
            $0.destination == route.destination && $0.metric == route.metric
        }
        if isTaken { return FakeAnswer(number: EEXIST) }
        if let name = route.interface, let gateway = route.nextHop, !route.isOnLink,
            interfaces.first(where: { $0.name == name })?.addresses
                .contains(where: { $0.network.contains(gateway) }) != true
        {
            return FakeAnswer(number: EINVAL, sentence: "Nexthop has invalid gateway")
        }
        // In the order in which the kernel tells them, whenever they were added.
        let place = tables[table]?.firstIndex { route.comes(before: $0) }
        tables[table, default: []].insert(route, at: place ?? tables[table]?.count ?? 0)
        return FakeAnswer()
    }

    private mutating func delete(_ route: Route, from table: Int) -> FakeAnswer {
        if let refusal = absentInterface(of: route) { return refusal }
        let index = (tables[table] ?? []).firstIndex {
            $0.destination == route.destination && $0.type == route.type
                && (route.metric == 0 || $0.metric == route.metric)
                && (route.interface == nil || $0.interface == route.interface)
                && (route.nextHop == nil || $0.nextHop == route.nextHop)
                && $0.protocolNumber == route.protocolNumber
        }
        guard let index else { return FakeAnswer(number: ESRCH) }
        tables[table]?.remove(at: index)
        if tables[table]?.isEmpty == true { tables[table] = nil }
        return FakeAnswer()
    }

    private func absentInterface(of route: Route) -> FakeAnswer? {
        guard let name = route.interface, !interfaces.contains(where: { $0.name == name }) else {
            return nil
        }
        return FakeAnswer(number: ENODEV, sentence: "Cannot find device \"\(name)\"")
    }
}

extension Route {
    /// Source: fn_trie_dump_leaf in net/ipv4/fib_trie.c: by address, the longest prefix first, then
    /// the lowest metric.
    fileprivate func comes(before other: Route) -> Bool {
        (destination.network, other.destination.length, metric)
            < (other.destination.network, destination.length, other.metric)
    }
}

extension RoutingPolicyRule {
    /// Whether it has what another one says; the kernel compares nothing that is not said, so
    /// `del … from S lookup T` also takes a rule that has an `iif` besides.
    fileprivate func hasAll(of named: RoutingPolicyRule) -> Bool {
        priority == named.priority && action == named.action && source == named.source
            && (named.protocolNumber == nil || protocolNumber == named.protocolNumber)
            && (named.suppressPrefixLength == nil
                || suppressPrefixLength == named.suppressPrefixLength)
            && (named.mark == nil || mark == named.mark)
            && (named.selectors.isEmpty || named.selectors == selectors)
    }
}
