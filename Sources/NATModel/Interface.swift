/// A network interface of the box.
///
/// Source: `RTM_GETLINK` and `RTM_GETADDR`, which `ip -details addr show` asks for. See
/// rtnetlink(7), ip-address(8).
public struct Interface: Hashable, Codable, Sendable {
    /// Name, such as `eth0` or `ens5`; one of odd bytes as `KernelName` has it.
    public var name: String
    /// Kernel index; stays when the interface is renamed.
    public var index: Int
    /// Whether it carries traffic.
    public var state: State
    /// Hardware address in lower case with colons; `nil` where the link has none.
    public var mac: String?
    /// IPv4 addresses in the kernel's order, the primary ones first.
    public var addresses: [InterfaceAddress]
    /// What the kernel calls its kind (`veth`, `bridge`, `wireguard`); `nil` for a plain NIC.
    public var kind: String?
    /// Whether it is the loopback.
    public var isLoopback: Bool
    /// Whether it has a single peer and so needs no gateway (ppp, WireGuard, tunnels).
    public var isPointToPoint: Bool
    /// The longest packet it takes, in bytes; `nil` where it is not told.
    public var mtu: Int?
    /// How fast the link is, in bits per second; `nil` where the driver does not say, or while it is
    /// down.
    ///
    /// Source: `/sys/class/net/NAME/speed`.
    public var speedBitsPerSecond: UInt64?
    /// The bridge, bond or VRF it is a member of; `nil` where it is none's.
    public var master: String?
    /// The interface of this box that it stands on, as a VLAN does; `nil` for none.
    public var parent: String?
    /// The table of the VRF that it is, or is a member of; `nil` where there is none.
    public var vrfTable: Int?
    /// The group it is in, which rules of routing may pass over; `nil` for 0, where most are.
    public var group: Int?

    /// Whether an interface carries traffic.
    public enum State: String, Hashable, Codable, Sendable {
        /// Administratively up, and the carrier is not reported as lost.
        case up
        /// Administratively down, or up without carrier.
        case down
        /// The driver does not say.
        case unknown
    }

    /// An interface with these properties.
    public init(
        name: String, index: Int, state: State, mac: String? = nil,
        addresses: [InterfaceAddress] = [], kind: String? = nil, isLoopback: Bool = false,
        isPointToPoint: Bool = false
    ) {
        self.name = name
        self.index = index
        self.state = state
        self.mac = mac
        self.addresses = addresses
        self.kind = kind
        self.isLoopback = isLoopback
        self.isPointToPoint = isPointToPoint
    }
}

extension Interface {
    /// The only other address that its networks have room for, where they all say the same: the
    /// other one of a /31 (RFC 3021), or the peer of a point-to-point address. `nil` where there
    /// are several, or none.
    public var onlyPeer: IPv4Address? {
        let peers = Set(addresses.map(\.onlyPeer))
        return peers.count == 1 ? peers.first ?? nil : nil
    }
}

/// An IPv4 address of an interface, with the network it is in.
public struct InterfaceAddress: Hashable, Codable, Sendable, CustomStringConvertible {
    /// The address itself.
    public var address: IPv4Address
    /// Length of the on-link network's prefix, in 0...32.
    public var prefixLength: Int
    /// The address at the other end of the link, which the prefix is then of; `nil` for none.
    public var peer: IPv4Address?
    /// How far it is good for, as `RT_SCOPE_*`; `nil` for everywhere, which is 0.
    public var scope: Int?

    /// An address in a network of that prefix length, or with a peer in it.
    public init(
        _ address: IPv4Address, prefixLength: Int, peer: IPv4Address? = nil, scope: Int? = nil
    ) {
        self.address = address
        self.prefixLength = prefixLength
        self.peer = peer
        self.scope = scope
    }

    /// Whether it may stand in what leaves for the outside.
    public var isGlobal: Bool { scope == nil }

    /// The on-link network.
    public var network: IPv4Prefix { IPv4Prefix(peer ?? address, length: prefixLength) }

    /// The only other address in the network; `nil` where there is room for more, or for none.
    fileprivate var onlyPeer: IPv4Address? {
        if let peer { return prefixLength == 32 ? peer : nil }
        return prefixLength == 31 ? IPv4Address(rawValue: address.rawValue ^ 1) : nil
    }

    /// `172.31.8.208/16`.
    public var description: String { "\(address)/\(prefixLength)" }
}
