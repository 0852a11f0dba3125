/// An interface by which hosts can leave, with all that the box and the cloud tell of it.
public struct EgressInterface: Hashable, Sendable {
    /// The interface.
    public var interface: Interface
    /// Public addresses and where each was learnt; `nil` where the cloud could not be read.
    public var publicAddresses: [PublicAddress]?
    /// The number of its table; `nil` where natdeck made none.
    public var ownedTable: Int?
    /// The sum of the MASQUERADE rules whose `out` is this interface: new connections, not traffic.
    public var masquerade: Masquerade?
    /// The gateway of the default route by it; `nil` where there is none.
    public var gateway: IPv4Address?
    /// The addresses of the loopback, which belong to no link: answers to them come back by whichever
    /// interface the outside sends them to.
    public var sharedAddresses: [IPv4Address] = []
    /// The address of another interface that MASQUERADE takes where this one has none; `nil` where no
    /// other has one either.
    public var lentAddress: IPv4Address?

    /// What the MASQUERADE rules of an interface have counted: first packets of flows.
    public struct Masquerade: Hashable, Sendable {
        /// New connections.
        public var packets: UInt64
        /// Bytes of their first packets.
        public var bytes: UInt64

        /// Counters with these values.
        public init(packets: UInt64, bytes: UInt64) {
            self.packets = packets
            self.bytes = bytes
        }

        /// Adds what a rule has counted.
        mutating func add(_ rule: NATRule) {
            packets &+= rule.packets
            bytes &+= rule.bytes
        }
    }

    /// An interface hosts can leave by.
    public init(
        interface: Interface, publicAddresses: [PublicAddress]?, ownedTable: Int?,
        masquerade: Masquerade?, gateway: IPv4Address? = nil
    ) {
        self.interface = interface
        self.publicAddresses = publicAddresses
        self.ownedTable = ownedTable
        self.masquerade = masquerade
        self.gateway = gateway
    }
}
