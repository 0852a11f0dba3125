// What a snapshot means, derived from its parts and from nothing else.
extension Snapshot {
    /// The interfaces by which hosts can leave, in the kernel's order.
    ///
    /// That is every interface but the loopback with a default route in some table, a rule that
    /// translates what leaves by it, or a public address.
    public var egressInterfaces: [EgressInterface] {
        let routed = Set(
            (tables.value ?? []).flatMap(\.routes)
                .filter { $0.destination == .all && $0.type == "unicast" }
                .flatMap { $0.hops.map(\.interface) + [$0.interface].compactMap { $0 } })
        let masquerades = masquerades
        return (interfaces.value ?? []).filter { !$0.isLoopback }.compactMap { interface in
            let known = publicAddresses(of: interface)
            let masquerade = masquerades[interface.name]
            guard
                routed.contains(interface.name) || masquerade != nil || !(known ?? []).isEmpty
            else { return nil }
            return EgressInterface(
                interface: interface, publicAddresses: known,
                ownedTable: ownedTable(of: interface.name)?.id, masquerade: masquerade)
        }
    }

    /// The addresses the outside sees of this interface; `nil` where nobody tells.
    ///
    /// The interface's own globally routable addresses count where the cloud knows none.
    public func publicAddresses(of interface: Interface) -> [PublicAddress]? {
        if let known = cloudInterface(of: interface)?.publicAddresses, !known.isEmpty {
            return known
        }
        let own = interface.addresses.map(\.address).filter(\.isGloballyRoutable)
        if !own.isEmpty {
            return own.map { PublicAddress($0, privateAddress: $0, source: .interface) }
        }
        return cloudInterface(of: interface).map(\.publicAddresses)
    }

    /// The table natdeck made for this interface; `nil` where there is none.
    public func ownedTable(of interface: String) -> FIBTable? {
        tables.value?.first { table in
            table.routes.contains { $0.isOwned && $0.interface == interface }
        }
    }

    /// The sums of the MASQUERADE rules by what their `out` is.
    private var masquerades: [String: EgressInterface.Masquerade] {
        var sums: [String: EgressInterface.Masquerade] = [:]
        // Neither copied nor looked at twice: there may be ten thousand rules.
        for set in nat.value ?? [] {
            for chain in set.chains {
                for rule in chain.rules where rule.target == "MASQUERADE" {
                    sums[rule.output, default: .init(packets: 0, bytes: 0)].packets &+= rule.packets
                    sums[rule.output, default: .init(packets: 0, bytes: 0)].bytes &+= rule.bytes
                }
            }
        }
        return sums
    }

    /// Every address of the box itself.
    public var ownAddresses: [IPv4Address] {
        (interfaces.value ?? []).flatMap(\.addresses).map(\.address)
    }

    /// Which source leaves by which interface, as the rules decide, in order of evaluation.
    ///
    /// Foreign rules count too. Rules for the box's own addresses do not, nor a rule that an
    /// earlier one for the same source keeps from ever deciding.
    public var assignments: [Assignment] {
        let own = Set(ownAddresses.map { IPv4Prefix($0) })
        var seen: Set<IPv4Prefix> = []
        // An index of a long table pays from the first assignment on, and not before.
        lazy var indexes = nat.value.map { $0.map(NATRuleIndex.init) }
        let tables = Dictionary(
            (self.tables.value ?? []).map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        return (rules.value ?? []).compactMap { rule in
            guard rule.isPlainSourceLookup, let source = rule.source, let table = rule.table,
                table != FIBTable.main, table != FIBTable.local, !own.contains(source),
                seen.insert(source).inserted
            else { return nil }
            let way = tables[table]?.defaultRoute
            let egress = way?.interface ?? way?.hops.first?.interface
            return Assignment(
                source: source, egress: egress, table: table, priority: rule.priority,
                isOwned: rule.isOwned,
                isMasqueraded: egress.flatMap { egress in
                    indexes?.contains { index in
                        if case .translated = index.verdict(on: source, leavingBy: egress) {
                            return true
                        }
                        return false
                    }
                })
        }
    }

    /// Whether a rule of either backend translates what `source` sends out of `interface`; `nil`
    /// where the nat table could not be read.
    public func isMasqueraded(_ source: IPv4Prefix, leavingBy interface: String) -> Bool? {
        nat.value.map { sets in
            sets.contains { set in
                if case .translated = set.verdict(on: source, leavingBy: interface) { return true }
                return false
            }
        }
    }

    /// The interface by which packets of `source` leave for the outside, as far as rules that look
    /// at the source alone decide; `nil` where they go nowhere.
    public func egress(of source: IPv4Prefix) -> String? {
        var from = 0
        for rule in rules.value ?? [] where rule.priority >= from {
            guard rule.mark == nil, rule.other.isEmpty,
                rule.source.map({ $0.contains(source) }) ?? true
            else { continue }
            if case .goto(let priority) = rule.action { from = priority }
            if case .other(let action) = rule.action, action != "nop" { return nil }
            guard let id = rule.table else { continue }
            // A default route has length 0, so any bound passes it over.
            if rule.suppressPrefixLength != nil { continue }
            guard let routes = table(id)?.routes.filter({ $0.destination == .all }),
                let best = routes.min(by: { $0.metric < $1.metric })
            else { continue }
            if best.type == "throw" { continue }
            return best.interface ?? best.hops.first?.interface
        }
        return nil
    }
}
