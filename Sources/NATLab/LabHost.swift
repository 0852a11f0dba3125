import NATModel

/// A machine of the lab that leaves through the NAT box.
package struct LabHost: Hashable, Sendable {
    /// Its name for `Lab.run(in:)`, such as `ec2-a`.
    package var name: String
    /// Its only address.
    package var address: IPv4Address
    /// The subnet's length, in 1...30.
    package var prefixLength: Int
    /// Its default gateway: an address of the NAT box, or its subnet's router.
    ///
    /// In the second case the host may be in a subnet of its own, and the router sends what comes
    /// from there to the NAT box's first interface, as a VPC's route table does.
    package var gateway: IPv4Address

    /// A host with this address and gateway.
    package init(name: String, address: IPv4Address, prefixLength: Int, gateway: IPv4Address) {
        self.name = name
        self.address = address
        self.prefixLength = prefixLength
        self.gateway = gateway
    }

    /// The subnet it is in.
    var subnet: IPv4Prefix { IPv4Prefix(address, length: prefixLength) }
}
