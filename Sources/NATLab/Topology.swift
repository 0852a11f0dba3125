import NATModel

/// The machines of a lab and how they are wired: what `Lab.up` builds.
///
/// One router joins everything. On its inside is one bridge per subnet, with the NAT box and the
/// hosts on it; on its outside is the internet, where an HTTP server tells callers their address.
/// The router maps private to public addresses one to one, as AWS's internet gateway does, and
/// drops what comes from a private address without a public one.
package struct Topology: Hashable, Sendable {
    /// First part of every namespace's name, and the name of the state directory.
    package var prefix = "natdeck-lab"
    /// The NAT box's interfaces; the first one holds the default route of table main.
    package var interfaces: [LabInterface]
    /// The machines that leave through the NAT box.
    package var hosts: [LabHost]
    /// The networks of the VPC: what MASQUERADE covers.
    package var vpcNetworks: [IPv4Prefix]
    /// The cloud the box is told that it runs in, and whose dialect the metadata server speaks.
    package var cloud = Cloud.aws
    /// Whether the metadata server answers at 169.254.169.254; without one the box is in no cloud.
    package var hasMetadata = true
    /// Whether the box forwards and masquerades already (sections 2 and 3 of the hand procedure).
    package var isPrepared = true
    /// Which rule set holds the MASQUERADE rules of a prepared box.
    package var backend = NATBackend.nfTables

    /// Which of the two iptables programs is used.
    package enum NATBackend: String, Hashable, Sendable {
        /// `iptables-nft`.
        case nfTables = "nf_tables"
        /// `iptables-legacy`.
        case legacy

        var program: String { self == .legacy ? "iptables-legacy" : "iptables-nft" }
    }

    /// A topology of these interfaces, hosts and networks.
    package init(interfaces: [LabInterface], hosts: [LabHost], vpcNetworks: [IPv4Prefix]) {
        self.interfaces = interfaces
        self.hosts = hosts
        self.vpcNetworks = vpcNetworks
    }

    /// The host of the lab that stands for the internet; its HTTP server listens on port 80.
    package static let internet = IPv4Address(198, 51, 100, 10)
    /// The router's address towards the internet.
    static let outside = IPv4Address(198, 51, 100, 1)
    /// Where AWS's instance metadata service listens.
    package static let metadata = IPv4Address(169, 254, 169, 254)

    /// The name of the NAT box for `Lab.run(in:)` and `natdeck lab exec`.
    package static let box = "nat"
    /// The name of the machine between the VPC and the internet.
    package static let router = "router"
    /// The name of the machine outside.
    package static let outsideHost = "internet"

    /// The names of all machines, the NAT box first.
    package var names: [String] {
        [Self.box] + hosts.map(\.name) + [Self.router, Self.outsideHost]
    }

    /// The network namespace of a machine.
    func namespace(_ name: String) -> String { "\(prefix)-\(name)" }

    /// Pairs of private and public address, over all interfaces.
    var mappings: [(private: IPv4Address, public: IPv4Address)] {
        interfaces.flatMap(\.addresses).compactMap { address in
            address.publicAddress.map { (address.privateAddress, $0) }
        }
    }

    /// Everything that makes this lab differ from another, as text to compare with.
    var fingerprint: String { "\(self)" }
}

extension IPv4Address {
    /// The address with these four parts.
    package init(_ first: UInt8, _ second: UInt8, _ third: UInt8, _ fourth: UInt8) {
        self.init(
            rawValue: UInt32(first) << 24 | UInt32(second) << 16 | UInt32(third) << 8
                | UInt32(fourth))
    }
}
