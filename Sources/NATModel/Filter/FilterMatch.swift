/// Whether a rule matches every packet of a kind, some of them, or none.
public enum RuleMatch: Hashable, Sendable {
    /// Every packet.
    case always
    /// Some packets, or it cannot be told.
    case sometimes
    /// No packet.
    case never

    /// The match of the opposite.
    public var inverted: RuleMatch {
        switch self {
        case .always: .never
        case .sometimes: .sometimes
        case .never: .always
        }
    }
}

/// One thing that a rule of a packet filter looks at, alike for iptables and nftables.
public enum FilterMatch: Hashable, Codable, Sendable {
    /// The interface a packet came in by.
    case input(InterfaceSelector)
    /// The interface it leaves by.
    case output(InterfaceSelector)
    /// Its source address.
    case source(AddressSelector)
    /// Its destination address.
    case destination(AddressSelector)
    /// What conntrack knows of its connection: one of these states, or none of them.
    case state(ConnectionStates, isNegated: Bool)
    /// Whether it answers the one who began its connection.
    case direction(isAnswer: Bool)
    /// Its mark: what is left of it under the mask is, or is not, the value.
    case mark(value: UInt32, mask: UInt32, isNegated: Bool)
    /// The mark of its connection, likewise.
    case connectionMark(value: UInt32, mask: UInt32, isNegated: Bool)
    /// Its transport protocol, a name or number as the filter shows it.
    case transport(String)
    /// One of several groups, each of matches that must all hold; or none of them.
    case anyOf([[FilterMatch]], isNegated: Bool)
    /// Of which kind its source or destination is to the box: one of these, or none of them.
    case addressType(isSource: Bool, AddressTypes, isNegated: Bool)
    /// Whether IPsec has brought it in or is to take it out, or neither.
    case encrypted(isNegated: Bool)
    /// The flags of TCP: what is left of them under the mask is, or is not, the value.
    case tcpFlags(value: UInt8, mask: UInt8, isNegated: Bool)
    /// Whether the box has a way back to where it comes from, or has none: strict, by the interface
    /// that it came in by.
    case wayBack(isStrict: Bool, isThere: Bool)
    /// What is so of every forwarded packet to the outside, or of none: `owner`.
    case fixed(Bool)
    /// What natdeck cannot decide, in the words of the filter.
    case undecided(String)
}

/// What an address is to the box, as its routes say. See iptables-extensions(8), `addrtype`.
public struct AddressTypes: OptionSet, Hashable, Codable, Sendable {
    /// One bit for each kind: `1 << RTN_*` of linux/rtnetlink.h.
    public let rawValue: UInt16

    /// Kinds with these bits.
    public init(rawValue: UInt16) { self.rawValue = rawValue }

    /// An address of another.
    public static let unicast = AddressTypes(rawValue: 1 << 1)
    /// An address of the box.
    public static let local = AddressTypes(rawValue: 1 << 2)
    /// An address for all of a network.
    public static let broadcast = AddressTypes(rawValue: 1 << 3)
    /// An address of any of several.
    public static let anycast = AddressTypes(rawValue: 1 << 4)
    /// An address of a group.
    public static let multicast = AddressTypes(rawValue: 1 << 5)
}

/// States of a connection. See iptables-extensions(8), `conntrack`.
public struct ConnectionStates: OptionSet, Hashable, Codable, Sendable {
    /// One bit for each state.
    public let rawValue: UInt8

    /// States with these bits.
    public init(rawValue: UInt8) { self.rawValue = rawValue }

    /// The first packet of a connection.
    public static let new = ConnectionStates(rawValue: 1)
    /// A packet of a connection that has had packets in both directions.
    public static let established = ConnectionStates(rawValue: 2)
    /// The first packet of a connection that another one announced.
    public static let related = ConnectionStates(rawValue: 4)
    /// A packet of no connection that conntrack can know.
    public static let invalid = ConnectionStates(rawValue: 8)
    /// A packet that is exempt from conntrack.
    public static let untracked = ConnectionStates(rawValue: 16)
    /// A connection whose source or destination is translated.
    public static let translated = ConnectionStates(rawValue: 32)

    /// The states of that name, in whatever case; `nil` for an unknown one.
    public init?(name: some StringProtocol) {
        switch name.uppercased() {
        case "NEW": self = .new
        case "ESTABLISHED": self = .established
        case "RELATED": self = .related
        case "INVALID": self = .invalid
        case "UNTRACKED": self = .untracked
        case "SNAT", "DNAT": self = .translated
        default: return nil
        }
    }

    /// Whether the first packet of a connection is in one of them.
    func matchNew(_ packet: ForwardedPacket) -> RuleMatch {
        // Its source is translated after all that can ask.
        contains(.new) ? .always : contains(.translated) ? packet.isRedirected : .never
    }
}
