/// By which address a host leaves by an egress, as far as its nat tables tell.
public struct NATAnswer: Hashable, Sendable {
    /// What the source address of a packet can be when it leaves.
    public enum Address: Hashable, Sendable {
        /// This one.
        case one(IPv4Address)
        /// One of a pool.
        case anyOf([IPv4Range])
        /// The one it had.
        case untranslated
        /// None: the packet is dropped.
        case none
        /// It is not known.
        case unknown
    }

    /// All that it can be.
    public var addresses: Set<Address>
    /// Whether all that it can be is an address of the egress: only then a host is covered.
    public var isOfEgress: Bool
    /// The rules on which it depends, where it can be more than one.
    public var doubts: [FilterCause]

    /// The only address it can have; `nil` where it can have others, or keeps its own.
    public var address: IPv4Address? {
        if addresses.count == 1, case .one(let address) = addresses.first { address } else { nil }
    }

    /// Whether it is sure to be one of these.
    public func isOne(of wanted: Set<IPv4Address>) -> Bool {
        !addresses.isEmpty
            && addresses.allSatisfy { address in
                switch address {
                case .one(let address): wanted.contains(address)
                case .anyOf(let ranges):
                    ranges.allSatisfy { $0.first == $0.last && wanted.contains($0.first) }
                case .untranslated, .none, .unknown: false
                }
            }
    }

    /// Whether it is sure to leave with an address of the egress (`true`), or not to (`false`);
    /// `nil` where rules may decide that natdeck cannot.
    public var isCovered: Bool? {
        if isOfEgress { return true }
        guard addresses.count == 1 else { return nil }
        switch addresses.first {
        case .one, .untranslated, .some(.none): return false
        case .anyOf, .unknown, nil: return nil
        }
    }
}

extension NATVerdict {
    /// The address a source leaves `egress` with.
    ///
    /// - Parameters:
    ///   - source: whose packets they are, for NETMAP.
    ///   - nextHop: the gateway of the route it leaves by; `nil` where there is none.
    public func answer(
        _ source: IPv4Prefix, on egress: EgressInterface, nextHop: IPv4Address?
    ) -> NATAnswer {
        let own = egress.ownAddresses + egress.sharedAddresses
        var isOfEgress = !outcomes.isEmpty
        var addresses: Set<NATAnswer.Address> = []
        for outcome in outcomes {
            let (address, isOwn): (NATAnswer.Address, Bool)
            switch outcome.end {
            case .masqueraded:
                let taken = egress.masqueradeAddress(nextHop: nextHop)
                // Without any address the kernel drops what it would translate.
                (address, isOwn) = (
                    taken.map { .one($0) } ?? .none, taken.map(own.contains) ?? false
                )
            case .translated(let ranges):
                let isOne = ranges.count == 1 && ranges[0].first == ranges[0].last
                address = ranges.isEmpty ? .unknown : isOne ? .one(ranges[0].first) : .anyOf(ranges)
                isOwn = !ranges.isEmpty && ranges.allSatisfy { $0.isMade(of: own) }
            case .mapped(let network):
                address = source.moved(into: network)
                isOwn =
                    if case .one(let moved) = address { own.contains(moved) } else {
                        IPv4Range(network).isMade(of: own)
                    }
            case .passes, .redirected: (address, isOwn) = (.untranslated, false)
            case .dropped: (address, isOwn) = (.none, false)
            case .unknown: (address, isOwn) = (.unknown, false)
            }
            addresses.insert(address)
            if !isOwn { isOfEgress = false }
        }
        return NATAnswer(
            addresses: addresses, isOfEgress: isOfEgress,
            doubts: addresses.count > 1 || addresses.contains(.unknown) ? doubts : [])
    }
}

extension EgressInterface {
    /// The addresses by which answers come back to it: the interface's, and those that the cloud
    /// maps a public one to, whether or not the box has been given them.
    public var ownAddresses: [IPv4Address] {
        interface.addresses.map(\.address) + (publicAddresses ?? []).compactMap(\.privateAddress)
    }
}

extension IPv4Range {
    /// Whether each of the addresses is one of these.
    fileprivate func isMade(of addresses: [IPv4Address]) -> Bool {
        let count = UInt64(last.rawValue) - UInt64(first.rawValue) + 1
        return UInt64(Set(addresses.filter(contains)).count) == count
    }
}

extension IPv4Prefix {
    /// Its address once its first bits are those of the network.
    fileprivate func moved(into network: IPv4Prefix) -> NATAnswer.Address {
        guard length == 32 else { return .anyOf([IPv4Range(network)]) }
        let kept = network.last.rawValue - network.network.rawValue
        return .one(
            IPv4Address(rawValue: network.network.rawValue | (self.network.rawValue & kept)))
    }
}

extension EgressInterface {
    /// The address that MASQUERADE gives to what leaves here: the first primary one whose network
    /// holds the next hop, else the first primary one, else one of another interface. `nil` where
    /// the box has none.
    ///
    /// Source: nf_nat_masquerade_ipv4 and inet_select_addr in the kernel.
    ///
    /// - Parameter nextHop: the gateway of the route, or the destination where there is none; `nil`
    ///   where neither is known.
    public func masqueradeAddress(nextHop: IPv4Address?) -> IPv4Address? {
        // The kernel's order has the primary ones first.
        let usable = interface.addresses.filter(\.isGlobal)
        let near = nextHop.flatMap { hop in usable.first { $0.network.contains(hop) } }
        return (near ?? usable.first)?.address ?? lentAddress
    }
}
