import NATModel

extension Topology {
    /// The scenario: one NAT box with two interfaces, two hosts, one public address each to be.
    package static var scenario: Topology {
        let gateway = IPv4Address(172, 31, 0, 1)
        let eth0 = LabInterface(
            name: "eth0", address: IPv4Address(172, 31, 8, 207),
            publicAddress: IPv4Address(203, 0, 113, 178), prefixLength: 16, gateway: gateway)
        let eth1 = LabInterface(
            name: "eth1", address: IPv4Address(172, 31, 8, 208),
            publicAddress: IPv4Address(203, 0, 113, 195), prefixLength: 16, gateway: gateway,
            table: 10001)
        let hosts = [("ec2-a", UInt8(175)), ("ec2-b", UInt8(176))].map { name, last in
            LabHost(
                name: name, address: IPv4Address(172, 31, 26, last), prefixLength: 16,
                gateway: IPv4Address(172, 31, 8, 207))
        }
        return Topology(
            interfaces: [eth0, eth1], hosts: hosts,
            vpcNetworks: [IPv4Prefix(IPv4Address(172, 31, 0, 0), length: 16)])
    }

    /// A box with this many interfaces, `ens5` on, each in a subnet with a gateway of its own.
    ///
    /// The hosts are in a third kind of subnet, whose route table leads to the NAT box.
    ///
    /// - Parameters:
    ///   - count: how many interfaces, in 1...20.
    ///   - hosts: how many hosts, in 1...200; `nil` for as many as interfaces.
    package static func subnets(_ count: Int, hosts: Int? = nil) -> Topology {
        let numbers = 1...UInt8(min(max(count, 1), 20))
        let interfaces = numbers.map { number in
            LabInterface(
                name: "ens\(number + 4)", address: IPv4Address(10, 20, number, 5),
                publicAddress: IPv4Address(203, 0, 113, 10 + number), prefixLength: 24,
                gateway: IPv4Address(10, 20, number, 1),
                table: number == 1 ? nil : 10000 + Int(number) - 1)
        }
        let hosts = (1...UInt8(min(max(hosts ?? numbers.count, 1), 200))).map { number in
            LabHost(
                name: "host-\(number)", address: IPv4Address(10, 20, 100, 10 + number),
                prefixLength: 24, gateway: IPv4Address(10, 20, 100, 1))
        }
        return Topology(
            interfaces: interfaces, hosts: hosts,
            vpcNetworks: [IPv4Prefix(IPv4Address(10, 20, 0, 0), length: 16)])
    }

    /// The same topology under another name, so that labs can stand side by side.
    package func named(_ prefix: String) -> Topology {
        var copy = self
        copy.prefix = prefix
        return copy
    }

    /// The same topology as a box nobody has touched: no forwarding, no MASQUERADE.
    package var bare: Topology {
        var copy = self
        copy.isPrepared = false
        return copy
    }
}
