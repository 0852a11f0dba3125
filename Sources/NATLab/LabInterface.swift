import NATModel

/// One network interface of the lab's NAT box.
package struct LabInterface: Hashable, Sendable {
    /// Its name on the NAT box, such as `eth1`.
    package var name: String
    /// Its private addresses, the primary one first.
    package var addresses: [LabAddress]
    /// The subnet's length, in 1...30.
    package var prefixLength: Int
    /// The subnet's router, AWS's first address of the subnet.
    package var gateway: IPv4Address
    /// The table a second interface gets on attaching, such as 10001; `nil` for none.
    ///
    /// With a table, the box has the interface's default route in it, the same route in table main
    /// with the table's number as metric, and a rule `from ADDRESS lookup TABLE` per address.
    package var table: Int?
    /// Hardware address, in lower case with colons.
    package var mac: String

    /// An interface with these addresses; without a `mac`, one is made from the primary address.
    package init(
        name: String, addresses: [LabAddress], prefixLength: Int, gateway: IPv4Address,
        table: Int? = nil, mac: String? = nil
    ) {
        self.name = name
        self.addresses = addresses
        self.prefixLength = prefixLength
        self.gateway = gateway
        self.table = table
        self.mac = mac ?? Self.mac(of: addresses.first?.privateAddress)
    }

    /// An interface with one private address and one public one.
    package init(
        name: String, address: IPv4Address, publicAddress: IPv4Address?, prefixLength: Int,
        gateway: IPv4Address, table: Int? = nil, mac: String? = nil
    ) {
        self.init(
            name: name,
            addresses: [LabAddress(privateAddress: address, publicAddress: publicAddress)],
            prefixLength: prefixLength, gateway: gateway, table: table, mac: mac)
    }

    /// The subnet it is in; `nil` where it has no address.
    var subnet: IPv4Prefix? {
        addresses.first.map { IPv4Prefix($0.privateAddress, length: prefixLength) }
    }

    /// A locally administered address that holds the IPv4 address.
    private static func mac(of address: IPv4Address?) -> String {
        let bits = address?.rawValue ?? 0
        let bytes = [0x0a, 0xff] + (0..<4).map { bits >> UInt32(24 - 8 * $0) & 0xff }
        return bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined(separator: ":")
    }
}

/// A private address of an interface and the public one the router maps it to.
package struct LabAddress: Hashable, Sendable {
    /// The address the NAT box itself sees.
    package var privateAddress: IPv4Address
    /// The address the internet sees; `nil` for none, and then nothing gets out by it.
    package var publicAddress: IPv4Address?

    /// This pair of addresses.
    package init(privateAddress: IPv4Address, publicAddress: IPv4Address? = nil) {
        self.privateAddress = privateAddress
        self.publicAddress = publicAddress
    }
}
