import NATModel
import Testing

private func address(_ text: String) -> IPv4Address { IPv4Address(text) ?? .init(rawValue: 0) }

/// eth1 with two own addresses; the cloud names the second one's public address first.
private func interface(_ publics: KeyValuePairs<String, String?>?) -> EgressInterface {
    EgressInterface(
        interface: Interface(
            name: "eth1", index: 3, state: .up,
            addresses: ["172.31.8.208", "172.31.8.209"].map {
                InterfaceAddress(address($0), prefixLength: 16)
            }),
        publicAddresses: publics.map { publics in
            publics.map {
                PublicAddress(
                    address($0.key), privateAddress: $0.value.map(address), source: .metadata)
            }
        }, ownedTable: nil, masquerade: nil)
}

@Suite struct PromiseTests {
    private let both = interface([
        "203.0.113.200": "172.31.8.209", "203.0.113.195": "172.31.8.208",
    ])

    @Test func `MASQUERADE promises the primary's address, whatever comes first`() {
        #expect(both.promisedAddress == address("203.0.113.195"))
    }

    @Test func `a mapping that is not told is taken for the primary's, one of another is not`() {
        #expect(interface(["203.0.113.7": nil]).promisedAddress == address("203.0.113.7"))
        #expect(interface(["203.0.113.200": "172.31.8.209"]).promisedAddress == nil)
        #expect(interface(["203.0.113.200": "172.31.8.222"]).promisedAddress == nil)
        #expect(interface(nil).promisedAddress == nil)
    }

    @Test func `MASQUERADE takes the address whose network holds the gateway`() {
        var nic = interface(nil)
        nic.interface.addresses = [
            ("203.0.113.6", 28), ("203.0.113.38", 28), ("203.0.113.39", 28),
        ].map { InterfaceAddress(address($0.0), prefixLength: $0.1) }
        func taken(_ nextHop: String?) -> IPv4Address? {
            nic.masqueradeAddress(nextHop: nextHop.map(address))
        }
        #expect(taken("203.0.113.33") == address("203.0.113.38"))
        #expect(taken("203.0.113.1") == address("203.0.113.6"))
        #expect(taken("198.51.100.1") == address("203.0.113.6"))
        #expect(taken(nil) == address("203.0.113.6"))
        // One for the link alone is none of those.
        for place in 0...1 { nic.interface.addresses[place].scope = 253 }
        #expect(taken("203.0.113.33") == address("203.0.113.39"))
        nic.interface.addresses = []
        #expect(taken("203.0.113.33") == nil)
        nic.lentAddress = address("198.51.100.9")
        #expect(taken("203.0.113.33") == address("198.51.100.9"))
    }

    @Test(arguments: [
        ("SNAT", "to:172.31.8.209", "203.0.113.200"),
        ("SNAT", "/* mine */ to:172.31.8.209", "203.0.113.200"),
        ("SNAT", "to:172.31.8.208:1024-65535 persistent", "203.0.113.195"),
        ("SNAT", "to:172.31.8.210", nil), ("SNAT", "to:172.31.8.208-172.31.8.209", nil),
        ("NETMAP", "to:172.31.9.0/24", nil),
    ])
    func `SNAT promises what its address is mapped to`(
        target: String, extra: String, promised: String?
    ) {
        let rule = NATRule(target: target, extra: extra)
        let chain = NATChain(name: "POSTROUTING", policy: "ACCEPT", rules: [rule])
        let set = NATRuleSet(backend: .legacy, program: "iptables", chains: [chain])
        let host = IPv4Prefix(address("10.0.0.9"))
        let answer = NATVerdict(
            of: ForwardedPacket(source: host, output: "eth1"),
            in: FilterIndex([set], at: .postrouting)
        ).answer(host, on: both, nextHop: nil)
        #expect(both.promisedAddress(of: answer.address) == promised.map(address))
    }

    @Test func `each own address stands beside its public one`() {
        #expect(
            both.addressPairs == [
                AddressPair(
                    own: address("172.31.8.208"), outside: address("203.0.113.195"),
                    source: .metadata),
                AddressPair(
                    own: address("172.31.8.209"), outside: address("203.0.113.200"),
                    source: .metadata),
            ])
        #expect(
            interface(["203.0.113.200": "172.31.8.222"]).addressPairs.map(\.outside) == [
                nil, nil, address("203.0.113.200"),
            ])
    }
}
