internal import NATModel

/// An egress as the operator chooses among them: an interface for the address that the box's NAT
/// gives there, or one of its other addresses.
struct OfferedEgress: Sendable {
    /// What a source is assigned to.
    let egress: Egress
    /// The interface.
    let nic: EgressInterface
    /// The address that hosts leave with; `nil` where the interface has none.
    let own: IPv4Address?
    /// The public one; `nil` where it is not known.
    let outside: IPv4Address?
    /// Whether it is the interface itself, and not one more address of it.
    var isFirst: Bool { egress.addresses.isEmpty }

    /// Who its row is.
    var id: RowID {
        guard !isFirst, let own else { return .interface(nic.interface.index) }
        return .address(nic.interface.index, own)
    }

    /// Those of an interface: the first is the interface itself, then each address that has a public
    /// one, or that hosts are to leave with.
    ///
    /// - Parameter used: the addresses that hosts are to leave with.
    static func all(of nic: EgressInterface, used: Set<IPv4Address>) -> [OfferedEgress] {
        let first = nic.masqueradeAddress(nextHop: nic.gateway)
        let name = nic.interface.name
        return [
            OfferedEgress(
                egress: Egress(name), nic: nic, own: first,
                outside: nic.promisedAddress(of: first))
        ]
            + nic.addressPairs.compactMap { pair in
                guard let own = pair.own, own != first,
                    nic.interface.addresses.contains(where: { $0.address == own }),
                    pair.outside != nil || used.contains(own)
                else { return nil }
                return OfferedEgress(
                    egress: Egress(name, addresses: [own]), nic: nic, own: own,
                    outside: pair.outside)
            }
    }

    /// Whether it is where a source leaves now.
    ///
    /// - Parameter current: the interface it leaves by, with the address that natdeck gives it.
    func isSo(_ current: Egress?) -> Bool {
        guard let current, current.interface == egress.interface else { return false }
        return current.addresses.isEmpty ? isFirst : current.addresses == [own].compactMap(\.self)
    }
}

/// What leaves with one address of an interface.
struct AddressLoad: Sendable {
    /// Flows that leave with it; `nil` where conntrack cannot be read.
    var flows: Int?
    /// Flows begun per second.
    var begun: Double?
    /// Its busiest destination; `nil` where none is known.
    var ports: PortUse?
    /// Hosts that are to leave with it, and how many of them do not, or not yet, or not all.
    var hosts = 0
    var exceptions = 0

    /// The load of each own address of these interfaces.
    static func all(_ observed: Observed) -> [IPv4Address: AddressLoad] {
        var loads: [IPv4Address: AddressLoad] = [:]
        let totals = observed.flows.totals
        let counts = observed.derived?.addressCounts ?? [:]
        for nic in observed.egress {
            for own in nic.ownAddresses {
                var load = AddressLoad()
                if let totals {
                    let seen = observed.flows.byAddress[own]
                    load.flows = seen?.flows ?? 0
                    load.begun = totals.perSecond(seen?.begun ?? 0)
                    load.ports = totals.ports.first { $0.address == own }
                }
                let hosts = counts[own] ?? (0, 0)
                (load.hosts, load.exceptions) = (hosts.all, hosts.exceptions)
                loads[own] = load
            }
        }
        return loads
    }
}

extension HostEntry {
    /// The address of its interface that it is to leave with; `nil` for whichever the box's NAT
    /// gives, and for a network whose hosts leave with several.
    var wantedAddress: IPv4Address? {
        let addresses = drift?.kept?.addresses ?? (wanted == egress ? facts.given : [])
        let used = AddressPool(addresses)
        guard !addresses.isEmpty else { return nil }
        let own = used.addresses(of: source)
        return own.count == 1 ? own.first : nil
    }

    /// Where it leaves now, with the address that natdeck gives it; `nil` where it leaves by none.
    var present: Egress? { egress.map { Egress($0, addresses: facts.given) } }
}
