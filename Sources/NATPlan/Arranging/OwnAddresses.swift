import NATModel

/// The steps that keep the box's own addresses on the way they have, whatever network is assigned.
struct OwnAddresses {
    let box: Box

    /// A network that is assigned may hold addresses of the box itself. What the box sends from them
    /// passes by the rules for sources; those of addresses that no assigned network holds go. So it
    /// is with networks that are closed to what the map has not marked, and what is free there.
    ///
    /// - Parameters:
    ///   - networks: those that rules of ours steer once the plan is carried out.
    ///   - closed: those that are closed then.
    ///   - free: the mark of what is free there.
    func steps(
        networks: Set<IPv4Prefix>, closed: [IPv4Prefix] = [], free: PacketMark? = nil
    ) -> (added: [Step], deleted: [Step]) {
        let own = held(by: networks)
        let ownClosed = held(by: closed)
        var wanted = own.map(Steering.pass) + (own.isEmpty ? [] : [Steering.landing])
        if !closed.isEmpty {
            wanted += ownClosed.map(Steering.passClosed)
            wanted += free.map { [Steering.pass($0)] } ?? []
            wanted.append(Steering.behindClosed)
        }
        let present = box.rules.filter { $0.isPass || $0.isLanding }
        let missing = wanted.filter { !present.contains($0) }
        return (
            // The landing first: a goto without its target is passed over.
            missing.reversed().map { Steering.add($0, summary(ofAdding: $0)) },
            present.filter { !wanted.contains($0) }.map {
                Steering.delete($0, summary(ofDeleting: $0))
            }
        )
    }

    private func held(by networks: some Collection<IPv4Prefix>) -> [IPv4Address] {
        box.snapshot.ownAddresses.uniqued().filter { own in
            networks.contains { $0.contains(own) }
        }
    }

    private func summary(ofAdding rule: RoutingPolicyRule) -> String {
        if let source = rule.source { return "let the box's own address \(source) go on as before" }
        if rule.mark != nil { return "let what the map leaves free go on as before" }
        return rule.priority == Ownership.landingPriority
            ? "let the box's own addresses go on behind the rules for sources"
            : "let what is not closed go on behind the rules that close"
    }

    private func summary(ofDeleting rule: RoutingPolicyRule) -> String {
        if let source = rule.source {
            return rule.priority == Ownership.hostPriority
                ? "no assigned network holds \(source) any more"
                : "no closed network holds \(source) any more"
        }
        return rule.priority == Ownership.landingPriority
            ? "no assigned network holds an address of the box any more"
            : "no network is closed any more"
    }
}
