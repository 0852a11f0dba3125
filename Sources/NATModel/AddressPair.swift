/// An interface's own address and the public one it is mapped to.
public struct AddressPair: Hashable, Sendable {
    /// The interface's own; `nil` for a public address of which nobody tells whose it is.
    public var own: IPv4Address?
    /// The public one; `nil` where none is known.
    public var outside: IPv4Address?
    /// Where the public one was learnt; `nil` where none is known.
    public var source: PublicAddress.Source?

    /// These two.
    public init(own: IPv4Address?, outside: IPv4Address?, source: PublicAddress.Source? = nil) {
        self.own = own
        self.outside = outside
        self.source = source
    }

    /// An interface's own address and what is known of the public one.
    init(own: IPv4Address?, _ known: PublicAddress?) {
        self.init(own: own, outside: known?.address, source: known?.source)
    }
}

extension EgressInterface {
    /// Own addresses, each beside the public one it is mapped to, then the public ones of others.
    public var addressPairs: [AddressPair] {
        var publics = publicAddresses ?? []
        var pairs = interface.addresses.map { own in
            let place = publics.firstIndex { $0.privateAddress == own.address }
            return AddressPair(own: own.address, place.map { publics.remove(at: $0) })
        }
        for address in publics {
            // Where the mapping is not told, the first public address is the primary's.
            if address.privateAddress == nil,
                let place = pairs.firstIndex(where: { $0.outside == nil })
            {
                pairs[place] = AddressPair(own: pairs[place].own, address)
            } else {
                pairs.append(AddressPair(own: nil, address))
            }
        }
        return pairs
    }

    /// The address the outside sees of what MASQUERADE translates here: the one mapped to the
    /// address it takes. `nil` where it is not known.
    public var promisedAddress: IPv4Address? {
        promisedAddress(of: masqueradeAddress(nextHop: gateway))
    }

    /// The address the outside sees of what leaves with this address of the interface; `nil` where
    /// it is not known.
    public func promisedAddress(of own: IPv4Address?) -> IPv4Address? {
        guard let own else { return nil }
        return addressPairs.first { $0.own == own }?.outside
            ?? publicAddresses?.first { $0.privateAddress == own }?.address
            ?? (sharedAddresses.contains(own) && own.isGloballyRoutable ? own : nil)
    }
}

extension Snapshot {
    /// The gateway of the default route by this interface, natdeck's own before that of any other
    /// table; `nil` where there is none.
    public func gateway(of interface: String) -> IPv4Address? {
        let routes = (tables.value ?? []).flatMap { table in
            table.routes.filter {
                $0.destination == .all && $0.interface == interface && $0.nextHop != nil
            }
        }
        return (routes.first(where: \.isOwned) ?? routes.first)?.nextHop
    }

    /// The interface as one to leave by; `nil` where there is none of that name.
    public func egressInterface(_ name: String) -> EgressInterface? {
        interface(name).map { interface in
            egress(
                EgressInterface(
                    interface: interface, publicAddresses: publicAddresses(of: interface),
                    ownedTable: ownedTable(of: name)?.id, masquerade: nil,
                    gateway: gateway(of: name)))
        }
    }

    /// The same with the addresses that others have for it.
    ///
    /// Source: inet_select_addr in the kernel, which asks the loopback first.
    func egress(_ egress: EgressInterface) -> EgressInterface {
        var egress = egress
        let all = interfaces.value ?? []
        egress.sharedAddresses = all.lazy.filter(\.isLoopback).flatMap(\.addresses)
            .filter(\.isGlobal).map(\.address)
        egress.lentAddress =
            all.lazy.flatMap(\.addresses).first { $0.isGlobal }?.address
        return egress
    }
}
