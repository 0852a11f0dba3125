public import NATModel

/// The policies of IPsec that say which packets it takes, as chains of a filter: what
/// `ip xfrm policy show` asks for.
///
/// Source: `XFRM_MSG_GETPOLICY` in linux/xfrm.h. See ip-xfrm(8).
public struct PolicyReply: NetlinkDump {
    private var policies: [Policy] = []

    /// A reply of which nothing has come yet.
    public init() {}

    /// Every policy, of whatever family.
    public static let request = NetlinkMessage.dump(
        kind: 0x15, body: [UInt8](repeating: 0, count: 64))

    private struct Policy {
        /// `XFRM_POLICY_IN`, `OUT` and `FWD`; others are of sockets.
        var direction: Int
        var priority: UInt32
        var isBlocking: Bool
        var matches: [FilterMatch]
        var templates: [Template]
        /// Without what it does.
        var words: String
    }

    /// How a packet is to be encrypted.
    private struct Template {
        var words: String
        /// Whether it may go without where there is no key.
        var isOptional: Bool
    }

    /// Lengths of `xfrm_userpolicy_info`, filled up to four bytes, and of `xfrm_user_tmpl`.
    private static let (infoLength, templateLength) = (168, 64)

    /// Takes a policy.
    public mutating func take(_ message: NetlinkMessage) throws(ParseError) {
        guard message.kind == 0x13 else { return }
        let body = message.body
        guard body.count >= Self.infoLength else {
            throw ParseError("a policy of IPsec that is cut short", in: "")
        }
        // sel: addresses, ports, family, prefix lengths, protocol, interface.
        guard body.dropFirst(40).number(2) == 2 else { return }
        let source = Self.network(body.dropFirst(16), body.dropFirst(43).number(1))
        let destination = Self.network(body, body.dropFirst(42).number(1))
        var policy = Policy(
            direction: body.dropFirst(160).number(1),
            priority: UInt32(truncatingIfNeeded: body.dropFirst(152).number(4)),
            isBlocking: body.dropFirst(161).number(1) == 1,
            matches: [], templates: [], words: "src \(source) dst \(destination)")
        if source.length > 0 { policy.matches.append(.source(AddressSelector(source))) }
        if destination.length > 0 {
            policy.matches.append(.destination(AddressSelector(destination)))
        }
        let transport = body.dropFirst(44).number(1)
        if transport != 0 {
            policy.matches.append(.transport(NFTNames.transport(UInt8(transport))))
            policy.words += " proto \(NFTNames.transport(UInt8(transport)))"
        }
        for (name, place) in [("sport", 36), ("dport", 32)]
        where body.dropFirst(place + 2).number(2) != 0 {
            let port = body.dropFirst(place).prefix(2).networkNumber
            policy.matches.append(.undecided("\(name) \(port)"))
            policy.words += " \(name) \(port)"
        }
        if body.dropFirst(48).number(4) != 0 {
            policy.matches.append(.undecided("dev"))
            policy.words += " dev \(body.dropFirst(48).number(4))"
        }
        for (kind, value) in NetlinkAttributes(body.dropFirst(Self.infoLength)) {
            switch kind {
            // XFRMA_TMPL
            case 5:
                var rest = Array(value)[...]
                while rest.count >= Self.templateLength {
                    policy.templates.append(Self.template(rest.prefix(Self.templateLength)))
                    rest = rest.dropFirst(Self.templateLength)
                }
            // XFRMA_MARK: value and mask.
            case 21 where value.count >= 8 && value.dropFirst(4).number(4) != 0:
                let mark = UInt32(truncatingIfNeeded: value.number(4))
                let mask = UInt32(truncatingIfNeeded: value.dropFirst(4).number(4))
                policy.matches.append(.mark(value: mark, mask: mask, isNegated: false))
                policy.words += " mark \(PacketMark(mark, mask: mask))"
            // XFRMA_IF_ID: what leaves by an interface of IPsec, which encrypts by itself.
            case 31 where value.number(4) != 0: return
            default: continue
            }
        }
        policies.append(policy)
    }

    private static func network(_ bytes: NetlinkSlice, _ length: Int) -> IPv4Prefix {
        let address = bytes.prefix(4).address
        return IPv4Prefix(address, length: min(length, 32))
    }

    /// id with destination and protocol, source, mode, whether it is optional.
    private static func template(_ bytes: ArraySlice<UInt8>) -> Template {
        func byte(_ place: Int) -> UInt8 { bytes[bytes.startIndex + place] }
        let modes = ["transport", "tunnel", "ro", "in_trigger", "beet"]
        let mode = Int(byte(48))
        let ends = "src \(bytes.dropFirst(28).address) dst \(bytes.address)"
        return Template(
            words: "tmpl \(ends) proto \(NFTNames.transport(byte(20)))"
                + " mode \(modes.indices.contains(mode) ? modes[mode] : "\(mode)")",
            isOptional: byte(50) != 0)
    }

    /// The policies for what a box forwards, as tables of a filter; none where there are none.
    ///
    /// What leaves is asked for twice: as it came, and with the address that NAT gave it.
    public var tables: [NATRuleSet] {
        // The smaller number comes first, and of one number the older, which the kernel tells last.
        let inOrder = policies.reversed().enumerated().sorted {
            ($0.element.priority, $0.offset) < ($1.element.priority, $1.offset)
        }.map(\.element)
        func chain(_ name: String, _ direction: Int, priority: Int) -> NATChain {
            NATChain(
                name: name, policy: "ACCEPT",
                base: NATChain.Base(
                    type: "filter", hook: "ipsec \(name)", priority: priority, handle: 0),
                rules: inOrder.filter { $0.direction == direction }.map(Self.rule))
        }
        func table(_ chains: [NATChain]) -> [NATRuleSet] {
            let chains = chains.filter { !$0.rules.isEmpty }
            return chains.isEmpty
                ? []
                : [
                    NATRuleSet(
                        backend: .nfTables, program: NATRuleSet.ipsec, table: "policy",
                        chains: chains)
                ]
        }
        return table([chain("fwd", 2, priority: 0), chain("out", 1, priority: 0)])
            + table([chain("out", 1, priority: 200)])
    }

    private static func rule(_ policy: Policy) -> NATRule {
        var columns = NFTColumns(policy.matches, nil)
        let priority = "priority \(policy.priority)"
        let needed = policy.templates.filter { !$0.isOptional }
        let words =
            ([policy.words, priority]
            + (policy.isBlocking ? ["action block"] : policy.templates.map(\.words)))
            .joined(separator: " ")
        var rule = FilterRule(policy.matches, .accept)
        if policy.isBlocking {
            rule.effect = .drop
            columns.target = "block"
        } else if !policy.templates.isEmpty {
            rule.effect = .drop
            columns.target = NATRule.ipsecTarget
            // Without a key it goes as it is.
            if needed.isEmpty {
                rule.effect = .firstOf([
                    FilterRule([.undecided("level use")], .drop), FilterRule([], .accept),
                ])
            }
        } else {
            columns.target = "allow"
        }
        return NATRule(nft: words, meaning: rule, columns: columns, counter: nil)
    }
}
