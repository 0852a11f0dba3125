import NATHost
import NATModel

extension FakeBox {
    /// `ip …`; `nil` for words that natdeck never says.
    mutating func ip(_ words: [String]) -> CommandReply? {
        switch Array(words.prefix(2)) {
        case ["rule", "add"]: return addRule(words.dropFirst(2))
        case ["rule", "del"]: return deleteRule(words.dropFirst(2))
        case ["route", "add"]: return changeRoute(words.dropFirst(2), isAdded: true)
        case ["route", "del"]: return changeRoute(words.dropFirst(2), isAdded: false)
        default: break
        }
        return nil
    }

    /// `sysctl -q -w NAME=VALUE`, where a name with slashes keeps its dots.
    mutating func sysctl(_ words: [String]) -> CommandReply? {
        guard words.count == 3, words[0] == "-q", words[1] == "-w" else { return nil }
        let parts = words[2].split(separator: "=", maxSplits: 1)
        guard parts.count == 2, let value = Int(parts[1]) else { return nil }
        let isPath = parts[0].contains("/")
        let name = FakeHost.parameter(parts[0])
        // With dots alone, each is a step down the tree: eth0.100 would be conf/eth0/100.
        let isFound = isPath || parts[0].split(separator: ".").count <= 5
        guard isFound, sysctls[name] != nil else {
            return CommandReply(
                status: 1, error: "sysctl: cannot stat /proc/sys/\(parts[0]): No such file")
        }
        sysctls[name] = value
        return CommandReply()
    }

    /// The kernel's answer to where a packet would go.
    fileprivate func way(of question: RouteQuestion) -> Reading<RouteAnswer> {
        let (destination, source, input) = (question.destination, question.source, question.input)
        func refusal(_ reason: String) -> Reading<RouteAnswer> {
            .failed(ReadFailure("\(question.command)", reason))
        }
        if input != nil, sysctls["net.ipv4.ip_forward"] != 1 { return refusal("No route to host") }
        var floor = Int.min
        for rule in rules where rule.priority >= floor {
            guard
                rule.selects(
                    source, to: destination, input: input, mark: question.mark)
            else { continue }
            switch rule.action {
            case .goto(let priority):
                // The kernel passes over one whose target is not there.
                if rules.contains(where: { $0.priority == priority }) { floor = priority }
            case .other("nop"), .lookupOfL3Device: continue
            case .other: return refusal("No route to host")
            case .lookup(let id):
                guard let route = route(in: id, to: destination), route.type != "throw" else {
                    continue
                }
                // fib4_rule_suppress is asked for a way that was found, and not for a refusal.
                if let bound = rule.suppressPrefixLength, route.destination.length <= bound,
                    route.type == "unicast" || route.type == "local"
                {
                    continue
                }
                let first = route.interface ?? route.hops.first?.interface
                let group = interfaces.first { $0.name == first }?.group ?? 0
                if rule.selectors.suppressGroup == group, route.type == "unicast" { continue }
                guard let name = route.interface ?? route.hops.first?.interface,
                    route.type == "unicast" || route.type == "local"
                else { return refusal("No route to host") }
                var way = RouteAnswer(
                    interface: route.type == "local" ? "lo" : name,
                    nextHop: route.nextHop ?? route.hops.first?.nextHop, table: id)
                way.type = route.type
                return .value(way)
            }
        }
        return refusal("Network is unreachable")
    }

    private func route(in id: Int, to destination: IPv4Address) -> Route? {
        // The packet has no type of service.
        (tables[id] ?? []).filter {
            $0.destination.contains(destination) && !$0.isPassedOver && $0.typeOfService == nil
        }.min { ($1.destination.length, $0.metric) < ($0.destination.length, $1.metric) }
    }
}

extension FakeHost: RoutingSource {
    package func interfaces() -> Reading<[Interface]> {
        told("ip addr show") { $0.interfaces }
    }

    package func ways(of questions: [RouteQuestion]) -> [Reading<RouteAnswer>] {
        let box = self.box
        return questions.map { box.way(of: $0) }
    }

    package func rules() -> Reading<[RoutingPolicyRule]> {
        told("ip rule show") { $0.rules }
    }

    package func tables() -> Reading<[FIBTable]> {
        told("ip route show table all") { box in
            box.tables.filter { !$0.value.isEmpty }.sorted { $0.key < $1.key }
                .map { FIBTable(id: $0.key, routes: $0.value) }
        }
    }

    private func told<Value>(_ object: String, _ value: (FakeBox) -> Value) -> Reading<Value> {
        let box = self.box
        return box.unreadable.contains(object)
            ? .failed(ReadFailure(object, "No buffer space available")) : .value(value(box))
    }
}

extension RoutingPolicyRule {
    fileprivate func selects(
        _ source: IPv4Address?, to destination: IPv4Address, input: String?, mark asked: UInt32
    ) -> Bool {
        if let mark, !mark.matches(asked) { return selectors.isInverted }
        var isSelected = self.source.map { own in source.map { own.contains($0) } ?? false } ?? true
        if let name = selectors.input { isSelected = isSelected && input == name }
        if let network = selectors.destinationPrefix {
            isSelected = isSelected && network.contains(destination)
        }
        // What it forwards the kernel routes as user 0.
        if let users = selectors.users { isSelected = isSelected && users.contains(0) }
        var rest = selectors
        rest.isInverted = false
        rest.input = nil
        rest.destination = nil
        rest.destinationLength = 32
        rest.users = nil
        rest.suppressGroup = nil
        // The packet has no mark, no ports and no type of service, and no VRF is there.
        if !rest.isEmpty { isSelected = false }
        return isSelected != selectors.isInverted
    }
}
