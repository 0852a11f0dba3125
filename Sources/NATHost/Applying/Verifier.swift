import NATModel
import NATPlan

/// Asks the kernel whether what a plan promised holds.
struct Verifier: Sendable {
    let reader: SnapshotReader

    /// The first verification that does not hold; `nil` where all do.
    func failure(of plan: Plan) async -> Outcome.Failure? {
        let snapshot = await reader.snapshot(
            [.rules, .tables, .nat, .interfaces, .sysctls], over: nil)
        let facts = BoxFacts(snapshot)
        let steering = Dictionary(
            (snapshot.rules.value ?? []).filter(\.isOwned).compactMap { rule in
                rule.source.map { ($0, rule) }
            }, uniquingKeysWith: { first, _ in first })
        for verification in plan.verifications {
            switch verification {
            case .leaves(let source, let interface):
                if let failure = await wrongWay(source, interface, snapshot) { return failure }
            case .isMasqueraded(let source, let interface):
                // Where rules may decide that natdeck cannot, this is no proof, and no failure.
                let answer = facts.promise(of: source, leavingBy: interface)?.answer
                if answer == nil || answer?.isCovered == false {
                    return .init(
                        "iptables -t nat -nvL POSTROUTING",
                        "no rule translates what \(source) sends by \(interface)")
                }
            case .blocked(let source):
                let decision = facts.decision(for: source)
                if decision.end != .nowhere {
                    return .init(
                        "ip rule show",
                        "\(source) is to be blocked, and leaves by"
                            + " \(decision.interfaces.joined(separator: " and "))")
                }
            case .isReleased(let source):
                if let ours = steering[source] {
                    return .init(
                        "ip rule show", "rule \(ours.priority) of natdeck still steers \(source)")
                }
            case .failsClosed(let table):
                let routes = snapshot.table(table)?.routes ?? []
                if !routes.contains(where: \.isBackstop) {
                    return .init(
                        "ip route show table \(table)", "it has no unreachable default route")
                }
            case .sysctl(let name, let value):
                if snapshot.sysctl(name) != value {
                    let read = snapshot.sysctl(name).map { "\($0)" } ?? "nothing"
                    return .init("sysctl \(name)", "it reads \(read) and not \(value)")
                }
            }
        }
        return nil
    }

    /// What the kernel says of a packet of `source` to the outside, where it is not `interface`.
    private func wrongWay(
        _ source: IPv4Prefix, _ interface: String, _ snapshot: Snapshot
    ) async -> Outcome.Failure? {
        guard let host = representative(of: source, snapshot.rules.value ?? []) else { return nil }
        let answer = await KernelQuestion(routing: reader.routing).answer(
            for: host, input: .wayBack)
        switch answer.way {
        case .failed(let failure): return .init(failure.object, failure.reason)
        case .value(let way) where way.interface == interface: return nil
        case .value(let way):
            return .init(
                answer.command?.description ?? "ip route get",
                "the kernel sends it out of \(way.interface ?? "nothing") and not of \(interface)")
        }
    }

    /// A host of `source` that no narrower rule sends elsewhere; `nil` where there is none.
    private func representative(
        of source: IPv4Prefix, _ rules: [RoutingPolicyRule]
    ) -> IPv4Address? {
        let narrower = rules.compactMap(\.source)
            .filter { $0 != source && source.contains($0) }
        var host = source.representative
        while let taken = narrower.first(where: { $0.contains(host) }) {
            guard taken.last < source.last else { return nil }
            host = IPv4Address(rawValue: taken.last.rawValue + 1)
        }
        return host
    }
}
