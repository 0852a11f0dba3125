public import NATModel

/// A word by which a person names an egress: an interface, a public IP, or an address of the box;
/// several addresses with commas between them are a pool.
public struct EgressWord: Hashable, Sendable {
    private let text: String
    /// The addresses it names; empty where it names an interface.
    private let addresses: [IPv4Address]

    /// The word as it was written.
    public init(_ text: String) {
        self.text = text
        let words = text.split(separator: ",", omittingEmptySubsequences: false)
        let addresses = words.compactMap { IPv4Address($0) }
        self.addresses = addresses.count == words.count ? addresses : []
    }

    /// Whether the box must be read to tell what it names.
    public var needsBox: Bool { !addresses.isEmpty }

    /// What it names where the box need not be read: an interface, alone or with addresses.
    public var plain: Egress { Egress(text) ?? Egress(text, addresses: []) }

    /// What it names on this box.
    public func egress(on facts: BoxFacts) throws(PlanRefusal) -> Egress {
        guard needsBox else { return plain }
        let known = Self.known(facts)
        var found: [Known] = []
        for address in addresses {
            // A public IP that is also an own address is both, and the same.
            guard let one = known.first(where: { $0.own == address || $0.outside == address })
            else { throw unknown(address, known) }
            found.append(one)
        }
        var own: [IPv4Address] = []
        for one in found {
            guard let address = one.own else {
                throw refusal(
                    one.outside.map { "\($0)" } ?? text,
                    "nobody tells which address of \(one.interface) is behind it", known,
                    "say so in \(ToldPublicAddress.path): ADDRESS PUBLIC-IP")
            }
            if one.isLoopback {
                throw refusal(
                    "\(address)", "it is an address of the loopback, which nothing leaves by", known
                )
            }
            own.append(address)
        }
        let interfaces = found.map(\.interface).uniqued()
        guard let interface = interfaces.first, interfaces.count == 1 else {
            let places = found.compactMap { one in one.own.map { "\($0) on \(one.interface)" } }
            throw PlanRefusal(
                text, "a source leaves by one interface, and these are \(list(places))",
                fix: "assign parts of the source, each to the addresses of one interface")
        }
        guard Set(own).count == own.count else {
            throw PlanRefusal(text, "it names an address twice")
        }
        guard own.count <= Egress.mostAddresses else {
            throw PlanRefusal(text, "it names more than \(Egress.mostAddresses) addresses")
        }
        return Egress(interface, addresses: own)
    }

    /// An address of the box, and the public one that is known of it.
    private struct Known {
        var interface: String
        var own: IPv4Address?
        var outside: IPv4Address?
        var isLoopback: Bool

        var words: String {
            guard let own else { return "\(outside.map { "\($0)" } ?? "") on \(interface)" }
            guard let outside, outside != own else { return "\(own) on \(interface)" }
            return "\(outside) (\(own) on \(interface))"
        }
    }

    private static func known(_ facts: BoxFacts) -> [Known] {
        (facts.snapshot.interfaces.value ?? []).flatMap { interface in
            (facts.egress(interface.name)?.addressPairs ?? []).map { pair in
                Known(
                    interface: interface.name, own: pair.own, outside: pair.outside,
                    isLoopback: interface.isLoopback)
            }
        }
    }

    private func unknown(_ address: IPv4Address, _ known: [Known]) -> PlanRefusal {
        refusal(
            "\(address)", "no address of this box, and no public IP that is known to be of it",
            known)
    }

    private func refusal(
        _ object: String, _ reason: String, _ known: [Known], _ fix: String? = nil
    ) -> PlanRefusal {
        let names = known.filter { !$0.isLoopback && $0.own != nil }.map(\.words)
        return PlanRefusal(
            object, reason, fix: fix ?? (names.isEmpty ? nil : "one of \(list(names))"))
    }
}
