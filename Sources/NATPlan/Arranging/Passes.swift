import NATModel

/// The steps by which something passes by the rules for sources, as if they were not there: what the
/// box's own addresses send, what the map leaves free, and what goes to internal networks.
struct Passes {
    let box: Box
    /// The box once sources have their rules and tables, apart from what passes by them.
    let arranged: Snapshot
    /// The networks that are closed then to what the map has not marked.
    let closed: [IPv4Prefix]
    /// The mark of what is free there.
    let free: PacketMark?
    /// Whether so many sources are steered that the kernel is to be spared their rules.
    let sparesKernel: Bool

    /// A network that is assigned may hold addresses of the box itself. What the box sends from them
    /// passes by the rules for sources; those of addresses that no assigned network holds go. So it
    /// is with networks that are closed to what the map has not marked, and what is free there.
    ///
    /// What only spares the kernel its rules goes before them: while there is any goto it goes through
    /// all rules for each one that it deletes, to find those that lead there.
    var steps: (added: [Step], deletedFirst: [Step], deletedLast: [Step]) {
        let own = held(by: arranged.steeredNetworks)
        let ownClosed = held(by: closed)
        let sources = own.map(Steering.pass) + internals.map { Steering.pass(to: $0) }
        var wanted = sources + (sources.isEmpty ? [] : [Steering.landing])
        if !closed.isEmpty {
            wanted += ownClosed.map(Steering.passClosed)
            wanted += free.map { [Steering.pass($0)] } ?? []
            wanted.append(Steering.behindClosed)
        }
        let present = box.rules.filter { $0.isPass || $0.isLanding }
        let missing = wanted.filter { !present.contains($0) }
        let going = present.filter { !wanted.contains($0) }
        func deletions(_ rules: [RoutingPolicyRule]) -> [Step] {
            rules.map { Steering.delete($0, summary(ofDeleting: $0)) }
        }
        return (
            // The landing first: a goto without its target is passed over.
            missing.reversed().map { Steering.add($0, summary(ofAdding: $0)) },
            deletions(going.filter { $0.selectors.destinationPrefix != nil }),
            deletions(going.filter { $0.selectors.destinationPrefix == nil })
        )
    }

    /// The internal networks of the sources. What goes there every table of ours hands back, so the
    /// kernel need not look at the rules for it: for each packet of a host it looks for the way back
    /// to the host, too, and of ten thousand rules that would take most of its time.
    ///
    /// None where that would change a way: where others have rules among ours, or a table that rules
    /// of ours look up is not ours, or not as it should be.
    private var internals: [IPv4Prefix] {
        guard sparesKernel, let prefixes = try? InternalDestinations(box).prefixes else {
            return []
        }
        let among = Ownership.passInternalPriority...Ownership.landingPriority
        let rules = (arranged.rules.value ?? []).filter { among.contains($0.priority) }
        guard
            rules.allSatisfy({ rule in
                rule.isOwned && (rule.table.map { $0 >= Ownership.closedTable } ?? true)
            })
        else { return [] }
        let looked = Set(rules.compactMap(\.table))
        let tables = (arranged.tables.value ?? []).filter { looked.contains($0.id) }
        return holding(arranged.ruleSteered + closed, prefixes).filter { prefix in
            tables.allSatisfy { table in
                let inside = table.routes.filter { prefix.contains($0.destination) }
                return inside.contains { $0.destination == prefix }
                    && inside.allSatisfy { $0.type == "throw" }
            }
        }
    }

    /// Those of these networks, of which none holds another, that hold any of the sources.
    private func holding(
        _ sources: [IPv4Prefix], _ networks: [IPv4Prefix]
    ) -> [IPv4Prefix] {
        var found: [IPv4Prefix] = []
        // Most of ten thousand hosts are in the network of the one before.
        for source in sources where found.last?.contains(source) != true {
            guard let network = networks.first(where: { $0.contains(source) }) else { continue }
            found.removeAll { $0 == network }
            found.append(network)
        }
        return found.sorted()
    }

    private func held(by networks: some Collection<IPv4Prefix>) -> [IPv4Address] {
        box.snapshot.ownAddresses.uniqued().filter { own in
            networks.contains { $0.contains(own) }
        }
    }

    private func summary(ofAdding rule: RoutingPolicyRule) -> String {
        if let source = rule.source { return "let the box's own address \(source) go on as before" }
        if let network = rule.selectors.destinationPrefix {
            return "spare what goes to \(network) the look at every rule for a source"
        }
        if rule.mark != nil { return "let what the map leaves free go on as before" }
        return rule.priority == Ownership.landingPriority
            ? "let what passes by the rules for sources go on behind them"
            : "let what is not closed go on behind the rules that close"
    }

    private func summary(ofDeleting rule: RoutingPolicyRule) -> String {
        if let source = rule.source {
            return rule.priority == Ownership.hostPriority
                ? "no assigned network holds \(source) any more"
                : "no closed network holds \(source) any more"
        }
        if let network = rule.selectors.destinationPrefix {
            return "let what goes to \(network) be looked at by every rule again"
        }
        return rule.priority == Ownership.landingPriority
            ? "nothing passes by the rules for sources any more"
            : "no network is closed any more"
    }
}
