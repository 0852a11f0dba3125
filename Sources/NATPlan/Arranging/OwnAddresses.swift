import NATModel

/// The steps that keep the box's own addresses on the way they have, whatever network is assigned.
struct OwnAddresses {
    let box: Box

    /// A network that is assigned may hold addresses of the box itself. What the box sends from them
    /// passes by the rules for sources; those of addresses that no assigned network holds go.
    ///
    /// - Parameter networks: those that rules of ours steer once the plan is carried out.
    func steps(networks: Set<IPv4Prefix>) -> (added: [Step], deleted: [Step]) {
        let own = box.snapshot.ownAddresses.uniqued().filter { own in
            networks.contains { $0.contains(own) }
        }
        let wanted = own.map(Steering.pass) + (own.isEmpty ? [] : [Steering.landing])
        let present = box.rules.filter { $0.isPass || $0.isLanding }
        let missing = wanted.filter { !present.contains($0) }
        return (
            // The landing first: a goto without its target is passed over.
            missing.reversed().map { rule in
                Steering.add(
                    rule,
                    rule.source.map { "let the box's own address \($0) go on as before" }
                        ?? "let the box's own addresses go on behind the rules for sources")
            },
            present.filter { !wanted.contains($0) }.map { rule in
                Steering.delete(
                    rule,
                    rule.source.map { "no assigned network holds \($0) any more" }
                        ?? "no assigned network holds an address of the box any more")
            }
        )
    }
}
