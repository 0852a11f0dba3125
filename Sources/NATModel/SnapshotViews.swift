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
            return egress(
                EgressInterface(
                    interface: interface, publicAddresses: known,
                    ownedTable: ownedTable(of: interface.name)?.id, masquerade: masquerade,
                    gateway: gateway(of: interface.name)))
        }
    }

    /// The addresses the outside sees of this interface; `nil` where nobody tells.
    ///
    /// What the operator says of an address is all there is to say of it.
    public func publicAddresses(of interface: Interface) -> [PublicAddress]? {
        let told = toldPublicAddresses(of: interface)
        let found = foundPublicAddresses(of: interface)
        guard !told.isEmpty else { return found }
        let primary = interface.addresses.first?.address
        return told
            + (found ?? []).filter { found in
                !told.contains {
                    $0.privateAddress == found.privateAddress ?? primary
                        || $0.address == found.address
                }
            }
    }

    /// The interface's own globally routable addresses count where the cloud knows none.
    private func foundPublicAddresses(of interface: Interface) -> [PublicAddress]? {
        if let known = cloudInterface(of: interface)?.publicAddresses, !known.isEmpty {
            return known
        }
        let own = interface.addresses.map(\.address).filter(\.isGloballyRoutable)
        if !own.isEmpty {
            return own.map { PublicAddress($0, privateAddress: $0, source: .interface) }
        }
        let probed = probedPublicAddresses(of: interface)
        return probed.isEmpty ? cloudInterface(of: interface).map(\.publicAddresses) : probed
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
        // There may be ten thousand rules, most of them for the interface of the one before; to
        // take each out of its chain would take longer than to add it up.
        var last: (output: String, sum: EgressInterface.Masquerade)?
        func keep() {
            if let last { sums[last.output] = last.sum }
        }
        for set in nat.value ?? [] {
            for chain in set.chains {
                for place in chain.rules.indices
                where chain.rules[place].isMasquerade && chain.rules[place].isCounted {
                    if last?.output != chain.rules[place].output {
                        keep()
                        let output = chain.rules[place].output
                        last = (output, sums[output] ?? .init(packets: 0, bytes: 0))
                    }
                    last?.sum.add(chain.rules[place])
                }
            }
        }
        keep()
        return sums
    }

    /// Every address of the box itself.
    public var ownAddresses: [IPv4Address] {
        if let interfaces = interfaces.value {
            return interfaces.flatMap(\.addresses).map(\.address)
        }
        // Where ip(8) is missing, the kernel still tells: it has a route to each of them.
        let local = tables.value?.first { $0.id == FIBTable.local }
        return (local?.routes ?? []).filter { $0.type == "local" && $0.destination.length == 32 }
            .map(\.destination.network)
    }
}
