/// An interface's own address and the public one it is mapped to.
public struct AddressPair: Hashable, Sendable {
    /// The interface's own; `nil` for a public address of which nobody tells whose it is.
    public var own: IPv4Address?
    /// The public one; `nil` where none is known.
    public var outside: IPv4Address?

    /// These two.
    public init(own: IPv4Address?, outside: IPv4Address?) {
        self.own = own
        self.outside = outside
    }
}

extension EgressInterface {
    /// Own addresses, each beside the public one it is mapped to, then the public ones of others.
    public var addressPairs: [AddressPair] {
        var publics = publicAddresses ?? []
        var pairs = interface.addresses.map { own in
            let place = publics.firstIndex { $0.privateAddress == own.address }
            return AddressPair(
                own: own.address, outside: place.map { publics.remove(at: $0).address })
        }
        for address in publics {
            // Where the mapping is not told, the first public address is the primary's.
            if address.privateAddress == nil,
                let place = pairs.firstIndex(where: { $0.outside == nil })
            {
                pairs[place].outside = address.address
            } else {
                pairs.append(AddressPair(own: nil, outside: address.address))
            }
        }
        return pairs
    }

    /// The address the outside sees of what MASQUERADE translates here: the one mapped to the
    /// primary address. `nil` where it is not known.
    public var promisedAddress: IPv4Address? {
        addressPairs.first.flatMap { $0.own == nil ? nil : $0.outside }
    }

    /// The address the outside sees of what this rule translates here; `nil` where it is not known.
    public func promisedAddress(by rule: NATRule) -> IPv4Address? {
        if rule.target == "MASQUERADE" { return promisedAddress }
        // `to:172.31.8.209`, with ports behind a colon; one of several addresses is none.
        guard let words = rule.extra.split(separator: " ").last(where: { $0.hasPrefix("to:") }),
            let address = words.dropFirst(3).split(separator: ":").first.flatMap({ IPv4Address($0) }
            )
        else { return nil }
        return publicAddresses?.first { $0.privateAddress == address }?.address
    }
}

extension Snapshot {
    /// The interface as one to leave by; `nil` where there is none of that name.
    public func egressInterface(_ name: String) -> EgressInterface? {
        interface(name).map {
            EgressInterface(
                interface: $0, publicAddresses: publicAddresses(of: $0),
                ownedTable: ownedTable(of: name)?.id, masquerade: nil)
        }
    }
}
