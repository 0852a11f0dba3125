import NATModel

extension FakeBox {
    /// A source as the tests write it; a mistake in it gives the whole IPv4 space.
    package static func source(_ text: String) -> IPv4Prefix { IPv4Prefix(text) ?? .all }

    /// The same with a kernel without nf_tables: connections do not keep their egress, and nothing
    /// stays for them.
    package var withoutMarks: FakeBox {
        var box = self
        box.lacksGate = "the kernel has no nf_tables"
        return box
    }

    /// The scenario's box before the hand procedure: two NICs, the second with table 10001.
    package static var bare: FakeBox {
        var box = FakeBox()
        box.addInterface("eth0", "172.31.8.207/16")
        box.addInterface("eth1", "172.31.8.208/16")
        let gateway = IPv4Address("172.31.0.1")
        box.tables[FIBTable.main, default: []] += [
            Route(destination: .all, nextHop: gateway, interface: "eth0"),
            Route(destination: .all, nextHop: gateway, interface: "eth1", metric: 10001),
        ]
        box.tables[10001] = [Route(destination: .all, nextHop: gateway, interface: "eth1")]
        box.addRule(
            RoutingPolicyRule(
                priority: 32765, source: source("172.31.8.208"), action: .lookup(table: 10001)))
        let vpc = [source("172.31.0.0/16")]
        box.cloud = zip(["203.0.113.7", "203.0.113.8"], 2...).compactMap { text, index in
            IPv4Address(text).map { address in
                CloudInterface(
                    mac: "02:00:00:00:00:0\(index)",
                    publicAddresses: [
                        PublicAddress(address, privateAddress: nil, source: .metadata)
                    ],
                    subnet: source("172.31.0.0/16"), vpcNetworks: vpc)
            }
        }
        return box
    }

    /// The same after the kernel parameters and MASQUERADE of the hand procedure.
    package static var scenario: FakeBox {
        var box = bare
        box.sysctls["net.ipv4.ip_forward"] = 1
        for name in ["all", "eth0", "eth1"] {
            box.sysctls["net.ipv4.conf.\(name).send_redirects"] = 0
        }
        for name in ["eth0", "eth1"] {
            box.addNAT(NATRule(target: "MASQUERADE", output: name, source: "172.31.0.0/16"))
        }
        return box
    }
}
