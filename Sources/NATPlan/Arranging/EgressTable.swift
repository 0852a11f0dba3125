import NATModel

/// Finds or makes the table by which sources leave through an interface.
struct EgressTable {
    let box: Box
    let interface: Interface
    let options: AssignOptions

    /// A table, and the steps that make it what it must be.
    struct Target {
        var table: Int
        /// 0 for a table of ours; else where among its like the rules to it stand.
        var slot = 0
        /// Whether nothing leaves by it yet: what it is for is absent, down or without a gateway.
        var isClosed = false
        var steps: [Step] = []
        var warnings: [String] = []
    }

    /// The table for these sources; a new one takes the lowest number outside `taken`.
    func target(
        for sources: [IPv4Prefix], taken: Set<Int> = []
    ) throws(PlanRefusal) -> Target {
        if options.adoptsTables { return try adopted() }
        let internals = try InternalDestinations(box)
        let way: Way
        do throws(PlanRefusal) {
            if options.closesOnly { throw PlanRefusal(interface.name, "it is closed first") }
            try box.checkUsable(interface)
            way = .by(try gateway(), gateway6)
        } catch {
            guard options.closesUnusable || options.closesOnly else { throw error }
            way = .none(error)
        }
        var target = target(for: sources, taken, way, internals)
        if case .none(let refusal) = way {
            target.isClosed = true
            target.warnings.append(
                "\(refusal.object): \(refusal.reason): what is sent there is blocked until it can"
                    + " leave by \(interface.name)")
        }
        if let given = options.gateway, isOutOfReach(given) {
            target.warnings.append(
                "\(given) is in no network of \(interface.name): what is sent there is lost, unless"
                    + " a router answers to it all the same")
        }
        return target
    }

    /// How the table leads outside.
    private enum Way {
        /// By this gateway, by one of IPv6, or by none.
        case by(IPv4Address?, IPv6Address?)
        /// Not now, for this reason.
        case none(PlanRefusal)
    }

    private func target(
        for sources: [IPv4Prefix], _ taken: Set<Int>, _ way: Way, _ internals: InternalDestinations
    ) -> Target {
        let table =
            box.snapshot.ownedTable(of: interface.name) ?? box.markedTable(of: interface.name)
            ?? orphan(of: sources, taken) ?? FIBTable(id: firstFreeTable(taken), routes: [])
        var steps = table.closing(internals)
        if case .by(let gateway, let gateway6) = way {
            steps += opening(of: table, gateway, gateway == nil ? gateway6 : nil)
        }
        return Target(table: table.id, steps: steps)
    }

    /// The way out that an owned table lacks: a default route by the right gateway.
    private func opening(
        of table: FIBTable, _ gateway: IPv4Address?, _ gateway6: IPv6Address?
    ) -> [Step] {
        let owned = table.routes.filter(\.isOwned)
        var steps: [Step] = []
        let defaults = owned.filter { $0.type == "unicast" && $0.destination == .all }
        let isRight = defaults.contains {
            $0.interface == interface.name && $0.nextHop == gateway && $0.nextHop6 == gateway6
        }
        if !isRight {
            // A second default route with the same metric is refused: the old one goes first, and
            // the backstop holds in between.
            steps += defaults.map { TableSteps.deleteRoute($0, table: table.id) }
            steps.append(
                TableSteps.addDefault(
                    table.id, interface: interface, gateway: gateway, gateway6: gateway6))
        }
        return steps
    }

    /// The table the sources look up already, where the link took its default route along, else
    /// one that nobody looks up.
    ///
    /// Nothing tells any more which interface it was for, so one that other sources look up too is
    /// left to them: they would be sent out by this interface, which nobody asked for.
    private func orphan(of sources: [IPv4Prefix], _ promised: Set<Int>) -> FIBTable? {
        let own = Set(sources.flatMap { box.rules(for: $0) }.filter(\.isOwned))
        let mapped = sources.compactMap { box.snapshot.map?[$0] }.map(Ownership.table)
        let looked = Set(own.compactMap(\.table) + mapped)
        // A table that was flushed is not there at all; only the rules still name it.
        let flushed = looked.sorted().filter { id in
            id >= Ownership.firstTable && box.table(id) == nil
        }.map { FIBTable(id: $0, routes: []) }
        let orphans = (box.tables.filter(\.isOwned) + flushed).filter { table in
            table.id != Ownership.closedTable && !promised.contains(table.id)
                && table.routes.allSatisfy { $0.type != "unicast" }
                && box.users(of: table.id).allSatisfy { $0.isMark || own.contains($0) }
        }
        // Connections may still go by one that is marked, and it is not told by which interface.
        return orphans.first { looked.contains($0.id) }
            ?? orphans.first { !box.users(of: $0.id).contains(where: \.isMark) }
    }

    /// The lowest table number of ours that nothing is in and no rule looks up.
    private func firstFreeTable(_ promised: Set<Int>) -> Int {
        let taken = promised.union(box.tables.map(\.id)).union(box.rules.compactMap(\.table))
            .union(box.markedTables.keys)
        var id = Ownership.firstTable
        while taken.contains(id) { id += 1 }
        return id
    }

    /// The table that somebody else made for the interface: the hand procedure's `lookup 10001`.
    private func adopted() throws(PlanRefusal) -> Target {
        let found = box.tables.first {
            $0.id != FIBTable.main && $0.id != FIBTable.local && !$0.isOwned
                && $0.defaultRoute?.interface == interface.name
        }
        guard let found else {
            throw PlanRefusal(
                interface.name, "no table but main has a default route by it to adopt",
                fix: "leave out --adopt-tables: natdeck makes a table of its own")
        }
        return Target(
            table: found.id, slot: slot(for: found.id),
            warnings: [
                "table \(found.id) is not ours: its owner may empty it or delete rules to it, and"
                    + " it does not fail closed" + (keeper(of: found.id).map { " (\($0))" } ?? "")
            ])
    }

    /// Who deletes rules to a table of others, where that is known.
    ///
    /// Source: ec2-net-utils names table 10000 + N after ethN, and at each DHCP renew deletes the
    /// rules to it by their priority alone.
    private func keeper(of table: Int) -> String? {
        let router = box.snapshot.environment.policyRouter.value ?? nil
        if let router { return "\(router.name) is installed, and does" }
        return (10001..<20000).contains(table) ? "ec2-net-utils does, at each DHCP renew" : nil
    }

    /// The slot of the rules to a table of others: no rule to another table has one of its
    /// priorities, so that whoever deletes by priority alone takes none of those.
    private func slot(for table: Int) -> Int {
        var tables: [Int: Set<Int>] = [:]
        for rule in box.rules where rule.isOwned {
            guard let other = rule.table, rule.suppressPrefixLength == nil else { continue }
            let slot = (rule.priority - Ownership.hostPriority) % 10
            if slot > Steering.internalSlot { tables[slot, default: []].insert(other) }
        }
        let slots = (Steering.internalSlot + 1)...9
        return slots.first { tables[$0] == [table] } ?? slots.first { tables[$0] == nil } ?? 9
    }

    /// The gateway: the interface's default route in any table, else the cloud's, else the last known,
    /// else the only other address on its link. A given one goes before all.
    ///
    /// `nil` where the interface has a single peer and needs none, or where its default route goes
    /// without one: somebody has made sure that it does.
    func gateway() throws(PlanRefusal) -> IPv4Address? {
        if let given = options.gateway {
            try check(given)
            return given
        }
        let routed = routedHops
        if let gateway = routed.lazy.compactMap({ $0 }).first { return gateway }
        if let gateway = box.snapshot.cloudInterface(of: interface)?.gateway { return gateway }
        if let last = options.lastGateways[interface.name] { return last }
        if interface.isPointToPoint || !routed.isEmpty { return nil }
        if let peer = interface.onlyPeer { return peer }
        throw PlanRefusal(
            interface.name,
            "its gateway cannot be found: no table that a rule looks up has a default route by it,"
                + " the cloud's metadata names no subnet for it, and --via was not given",
            fix: "add --via GATEWAY")
    }

    /// The gateway of IPv6 that its default route names (RFC 5549); `nil` where none does, or where
    /// a gateway is given.
    private var gateway6: IPv6Address? {
        options.gateway == nil ? defaultHops.lazy.compactMap(\.nextHop6).first : nil
    }

    /// The gateway of each default route by the interface; `nil` for one without.
    private var routedHops: [IPv4Address?] { defaultHops.map(\.nextHop) }

    /// Each way of a default route by the interface, those of others first.
    private var defaultHops: [Route.Hop] {
        let routes =
            box.tables.filter { !$0.isOwned }.flatMap(\.routes)
            + box.tables.filter(\.isOwned).flatMap(\.routes)
        return routes.filter { $0.destination == .all && $0.type == "unicast" }.flatMap { route in
            if route.interface == interface.name {
                var hop = Route.Hop(nextHop: route.nextHop, interface: interface.name)
                hop.nextHop6 = route.nextHop6
                return [hop]
            }
            return route.hops.filter { $0.interface == interface.name }
        }
    }

    /// Refuses a gateway that cannot be one.
    private func check(_ gateway: IPv4Address) throws(PlanRefusal) {
        func refusal(_ reason: String) -> PlanRefusal {
            PlanRefusal(
                "--via \(gateway)", reason,
                fix: "name the router on the network of \(interface.name)")
        }
        if let kind = IPv4Prefix(gateway).reserved { throw refusal("it is \(kind)") }
        for own in box.interfaces {
            if own.addresses.contains(where: { $0.address == gateway }) {
                throw refusal("it is the box's own address on \(own.name)")
            }
        }
        for network in interface.addresses.map(\.network) where network.length < 31 {
            if gateway == network.last || gateway == network.network {
                throw refusal(
                    "it is the \(gateway == network.last ? "broadcast " : "")address of \(network)")
            }
        }
    }

    /// An interface with nothing but addresses of its own has its gateway somewhere else.
    private func isOutOfReach(_ gateway: IPv4Address) -> Bool {
        let networks = interface.addresses.map(\.network)
        return !interface.isPointToPoint && networks.contains { $0.length < 32 }
            && !networks.contains { $0.contains(gateway) }
    }
}

extension FIBTable {
    /// What a table of ours lacks to be for the outside alone, and to fail closed; none of it needs
    /// an interface or a gateway. The backstop comes first: the table is closed before it is open.
    func closing(_ internals: InternalDestinations) -> [Step] {
        let owned = routes.filter(\.isOwned)
        let hasBackstop = owned.contains {
            $0.type == "unreachable" && $0.metric == TableSteps.backstopMetric
        }
        let thrown = owned.filter { $0.type == "throw" }
        let present = Set(thrown.map(\.destination))
        let wanted = Set(internals.prefixes)
        return (hasBackstop ? [] : [TableSteps.addBackstop(id)])
            + internals.prefixes.filter { !present.contains($0) }.map {
                TableSteps.addThrow($0, table: id)
            }
            + thrown.filter { !wanted.contains($0.destination) }.map {
                TableSteps.deleteRoute($0, table: id)
            }
    }
}
