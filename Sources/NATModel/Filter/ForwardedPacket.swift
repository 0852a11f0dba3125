/// The first packet of a connection that a host sends through the box to the outside world, or the
/// answer to it: the one's state is NEW, the other's ESTABLISHED, and no mark can be counted on.
public struct ForwardedPacket: Hashable, Sendable {
    /// Which of the two it is.
    public enum Direction: Hashable, Sendable {
        /// From the host to the outside.
        case out
        /// From the outside to the host, by the same interfaces.
        case answer
    }

    /// The host, or a network whose hosts are all asked about at once.
    public var source: IPv4Prefix
    /// The interface the host is behind; `nil` where that is not known.
    public var input: String?
    /// The interface towards the outside.
    public var output: String
    /// Which way it goes.
    public var direction = Direction.out
    /// The address that stands for the host outside; `nil` where that is not known.
    public var outsideAddress: IPv4Address?
    /// Whether that is an address of the box; `nil` where that is not known.
    public var isOutsideAddressOwn: Bool?
    /// The bits of its mark that rules may have set; all where that is not known.
    public var bitsOfMarks = UInt32.max
    /// Whether the box has no policy by which IPsec would take packets; `nil` where that is not known.
    public var isWithoutIPsec: Bool?
    /// The ways back to where it comes from; `nil` where they are not known.
    public var waysBack: WaysBack?
    /// Whether conntrack lets it go untracked, so that nothing translates it.
    public var isUntracked = RuleMatch.never
    /// Whether the box may have given it another destination on its way in, by DNAT.
    public var isRedirected = RuleMatch.sometimes
    /// What is so at the place where rules are asked.
    var stage = Stage()
    /// What is known of its marks there.
    var marks = PacketMarks.unknown
    /// What is known of them all the way; `nil` for nothing.
    var markTrace: MarkTrace?

    /// A place on its way through the box.
    struct Stage: Hashable, Sendable {
        /// Whether the host's address is the one that stands for it outside.
        var isTranslated = false
        /// Whether conntrack has seen it.
        var isTracked = true
        /// Whether rules name ports of a bridge, and which one it passes nobody knows.
        var isOfPorts = false
        /// Whether a rule for a network outside says nothing of the outside, as a route to one does
        /// not: tunnels to some place are none of what a host sends anywhere.
        var passesOverNetworks = false
    }

    /// A packet of this source that comes in and leaves so.
    public init(source: IPv4Prefix, input: String? = nil, output: String) {
        self.source = source
        self.input = input
        self.output = output
    }
}

extension ForwardedPacket {
    /// The interface it comes in by; `nil` where that is not known.
    var comesInBy: String? { stage.isOfPorts ? nil : direction == .out ? input : output }
    /// The interface it leaves by; `nil` where that is not known.
    var leavesBy: String? { stage.isOfPorts ? nil : direction == .out ? output : input }
    /// What stands in it for the host; `nil` where that is not known.
    var hostAddress: IPv4Prefix? {
        stage.isTranslated ? outsideAddress.map { IPv4Prefix($0) } : source
    }

    /// The same packet on its way back.
    public var answer: ForwardedPacket {
        var packet = self
        packet.direction = .answer
        return packet
    }

    /// Whether its connection is in one of these states.
    fileprivate func match(_ states: ConnectionStates) -> RuleMatch {
        if !stage.isTracked { return .sometimes }
        let ifTracked: RuleMatch =
            switch direction {
            case .out: states.matchNew(self)
            case .answer:
                states.contains(.established)
                    ? .always : states.contains(.translated) ? .sometimes : .never
            }
        let ifUntracked: RuleMatch = states.contains(.untracked) ? .always : .never
        switch isUntracked {
        case .never: return ifTracked
        case .always: return ifUntracked
        case .sometimes: return ifTracked == ifUntracked ? ifTracked : .sometimes
        }
    }

    /// Whether one of its addresses is of one of these kinds to the box.
    ///
    /// The addresses of a host and of the outside are none of the box's, and none of many at once.
    fileprivate func match(_ types: AddressTypes, ofSource isSource: Bool) -> RuleMatch {
        let isHost = isSource == (direction == .out)
        if isHost, stage.isTranslated {
            guard let isOutsideAddressOwn else { return .sometimes }
            if isOutsideAddressOwn { return types.contains(.local) ? .always : .never }
        }
        // Whether there is a route to it nobody asks here.
        return types.isSubset(of: [.local, .broadcast, .anycast, .multicast]) ? .never : .sometimes
    }

    /// Whether its mark is, under a mask, this value.
    fileprivate func matchMark(_ value: UInt32, _ mask: UInt32) -> RuleMatch {
        // A bit that nobody sets.
        value & mask & ~bitsOfMarks != 0 ? .never : marks.packet.match(value, mask: mask)
    }

    /// Whether the mark of its connection is, under a mask, this value.
    fileprivate func matchConnectionMark(_ value: UInt32, _ mask: UInt32) -> RuleMatch {
        let isTracked = stage.isTracked && isUntracked == .never
        return isTracked ? marks.connection.match(value, mask: mask) : .sometimes
    }

    /// Whether packets of a TCP connection have these flags: none of one has FIN and URG alone, or
    /// none at all.
    ///
    /// - Parameter isFirst: whether only packets that begin one are asked about.
    fileprivate func matchFlags(
        _ value: UInt8, _ mask: UInt8, _ isNegated: Bool, isFirst: Bool
    ) -> RuleMatch {
        let first: [UInt8] = direction == .out ? Self.beginning : [0x12, 0x52]
        let possible = isFirst && direction == .out ? first : first + Self.going
        let matching = possible.count { ($0 & mask == value) != isNegated }
        return matching == 0 ? .never : matching == possible.count ? .always : .sometimes
    }

    /// SYN, and with it what asks for ECN.
    private static let beginning: [UInt8] = [0x02, 0xc2]
    /// ACK with PSH, URG, FIN or what ECN tells; RST.
    private static let going: [UInt8] = [
        0x10, 0x18, 0x30, 0x38, 0x11, 0x19, 0x31, 0x39, 0x50, 0x58, 0x90, 0x98, 0x51, 0x59, 0x91,
        0x99, 0x04, 0x14,
    ]

    /// Whether the address outside is selected.
    fileprivate func matchOutside(_ selector: AddressSelector) -> RuleMatch {
        if stage.passesOverNetworks, let prefix = selector.prefix, prefix.length > 8 {
            return .never
        }
        return selector.matchOutside
    }

    /// Whether the host's address in it is selected.
    fileprivate func matchHost(_ selector: AddressSelector) -> RuleMatch {
        hostAddress.map { selector.match($0) } ?? .sometimes
    }
}

extension FilterRule {
    /// Whether it matches this packet.
    public func match(_ packet: ForwardedPacket) -> RuleMatch { matches.match(packet) }
}

extension [FilterMatch] {
    /// Whether all of them hold for this packet.
    func match(_ packet: ForwardedPacket) -> RuleMatch {
        var result = RuleMatch.always
        for match in self {
            let now =
                if case .tcpFlags(let value, let mask, let isNegated) = match {
                    packet.matchFlags(
                        value, mask, isNegated, isFirst: contains(where: \.isOfFirstPackets))
                } else {
                    match.match(packet)
                }
            switch now {
            case .always: continue
            case .never: return .never
            case .sometimes: result = .sometimes
            }
        }
        return result
    }
}

extension FilterMatch {
    /// Whether it holds for this packet.
    func match(_ packet: ForwardedPacket) -> RuleMatch {
        switch self {
        case .input(let selector):
            guard let input = packet.comesInBy else { return selector.matchUnknown }
            return selector.matches(input) ? .always : .never
        case .output(let selector):
            guard let output = packet.leavesBy else { return selector.matchUnknown }
            return selector.matches(output) ? .always : .never
        case .source(let selector):
            return packet.direction == .out
                ? packet.matchHost(selector) : packet.matchOutside(selector)
        case .destination(let selector):
            return packet.direction == .out
                ? packet.matchOutside(selector) : packet.matchHost(selector)
        case .direction(let isAnswer):
            if !packet.stage.isTracked || packet.isUntracked != .never { return .sometimes }
            return (packet.direction == .answer) == isAnswer ? .always : .never
        case .state(let states, let isNegated):
            let match = packet.match(states)
            return isNegated ? match.inverted : match
        case .anyOf(let groups, let isNegated):
            var result = RuleMatch.never
            for group in groups {
                switch group.match(packet) {
                case .always: return isNegated ? .never : .always
                case .sometimes: result = .sometimes
                case .never: continue
                }
            }
            return isNegated ? result.inverted : result
        case .fixed(let holds): return holds ? .always : .never
        case .wayBack(let isStrict, let isThere):
            guard let ways = packet.waysBack else { return .sometimes }
            let match = ways.match(packet.direction, packet.stage.isTranslated, isStrict)
            return isThere ? match : match.inverted
        case .encrypted(let isNegated):
            guard packet.isWithoutIPsec == true else { return .sometimes }
            return isNegated ? .always : .never
        case .tcpFlags(let value, let mask, let isNegated):
            return packet.matchFlags(value, mask, isNegated, isFirst: false)
        case .addressType(let isSource, let types, let isNegated):
            let match = packet.match(types, ofSource: isSource)
            return isNegated ? match.inverted : match
        case .mark(let value, let mask, let isNegated):
            let match = packet.matchMark(value, mask)
            return isNegated ? match.inverted : match
        case .connectionMark(let value, let mask, let isNegated):
            let match = packet.matchConnectionMark(value, mask)
            return isNegated ? match.inverted : match
        case .transport(let name):
            let isNegated = name.hasPrefix("!")
            let match: RuleMatch =
                Self.withoutConnections.contains(name.drop { $0 == "!" }) ? .never : .sometimes
            return isNegated ? match.inverted : match
        case .undecided(let words):
            return packet.stage.passesOverNetworks && Self.isOfServices(words)
                ? .never : .sometimes
        }
    }

    /// Whether it asks for packets that begin a connection, and for no others.
    fileprivate var isOfFirstPackets: Bool {
        guard case .state(let states, false) = self else { return false }
        return states.contains(.new)
            && states.isDisjoint(with: [.established, .related, .untracked])
    }

    /// Protocols of which no connection is made, by names and numbers: who can only ping has no way
    /// out.
    private static let withoutConnections: Set<Substring> = [
        "icmp", "1", "igmp", "2", "ipencap", "4", "gre", "47", "esp", "50", "ah", "51", "ipv6-icmp",
        "icmpv6", "58", "ospf", "89", "pim", "103", "vrrp", "112",
    ]

    /// Whether a rule is for ports of names or of time alone, which boxes answer themselves:
    /// `udp dpt:53`, `tcp dport { 53, 853 }`.
    private static func isOfServices(_ words: String) -> Bool {
        let words = words.split(separator: " ")
        guard let place = words.firstIndex(where: { $0.hasPrefix("dpt") || $0.hasPrefix("dport") })
        else { return false }
        let ports = words[place...].flatMap { $0.split { !$0.isNumber } }
        return !ports.isEmpty && ports.allSatisfy { ["53", "123", "853", "5353"].contains($0) }
    }
}
