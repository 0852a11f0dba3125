/// What is known of a packet that looks for its way.
struct RoutedPacket: Hashable, Sendable {
    /// Where it comes from; of a network every host in it.
    var source: IPv4Prefix
    /// Where it goes to.
    var destination: IPv4Address
    /// Whether the destination stands for the whole outside, or for a large part of it.
    var isToOutside: Bool
    /// The interface it came in by, `lo` for the box's own; `nil` where that is not known.
    var input: String?
    /// The bits of its mark that are known, natdeck's own at least; `nil` where none are.
    var mark: PacketMark? = nil
    /// The interfaces that belong to a VRF, each with the table of that.
    var tablesOfL3Devices: [String: Int]

    /// Whether the box itself sends it.
    var isOfBox: Bool { input == "lo" }
}

extension RoutingPolicyRule {
    /// Whether it matches a packet that nobody else has marked, as far as that is known.
    ///
    /// Source: fib_rule_match in net/core/fib_rules.c, fib4_rule_match in net/ipv4/fib_rules.c.
    func match(_ packet: RoutedPacket) -> RuleMatch {
        let plain = selectorsMatch(packet)
        guard selectors.isInverted else { return plain }
        switch plain {
        case .always: return .never
        case .never: return .always
        case .sometimes: return .sometimes
        }
    }

    private func selectorsMatch(_ packet: RoutedPacket) -> RuleMatch {
        if let source, !source.contains(packet.source) {
            // Part of a network can be selected.
            return packet.source.contains(source) && selectors.isInverted ? .sometimes : .never
        }
        // Somebody may mark packets before they are routed; most are not marked.
        var result = RuleMatch.always
        if let mark, let known = packet.mark,
            case let match = KnownMark(known: known.mask, value: known.value)
                .match(mark.value & mark.mask, mask: mark.mask), match != .sometimes
        {
            if match == .never { return .never }
        } else if let mark {
            // With `not`, what has no mark is the rule's own case: `not fwmark` of a VPN.
            if selectors.isInverted {
                if !mark.matches(0) { return .never }
            } else {
                result = .sometimes
            }
        }
        if selectors.isEmpty { return result }
        for match in looks(packet) {
            if match == .never { return .never }
            if match == .sometimes { result = .sometimes }
        }
        return result
    }

    private func looks(_ packet: RoutedPacket) -> [RuleMatch] {
        var matches: [RuleMatch] = []
        if let network = selectors.destinationPrefix {
            matches.append(
                packet.isToOutside
                    ? network.isOutside : network.contains(packet.destination) ? .always : .never)
        }
        if let input = selectors.input {
            if selectors.isInputDetached {
                matches.append(.never)
            } else if let known = packet.input {
                matches.append(known == input ? .always : .never)
            } else {
                // What a host sends never comes in by the loopback.
                matches.append(input == "lo" ? .never : .sometimes)
            }
        }
        // A packet that looks for its way has none to leave by yet.
        if selectors.output != nil { matches.append(.never) }
        if selectors.isOfL3Device { matches.append(isOfL3Device(packet)) }
        // The kernel routes what it forwards as user 0; the box's own packets have many users.
        if let users = selectors.users {
            matches.append(
                packet.isOfBox ? .sometimes : users.contains(0) ? .always : .never)
        }
        // Only a tunnel's own packets carry its key.
        if selectors.tunnel != nil { matches.append(.sometimes) }
        if selectors.typeOfService != 0 || selectors.ipProtocol != nil
            || selectors.sourcePorts != nil || selectors.destinationPorts != nil
            || !selectors.unknown.isEmpty
        {
            matches.append(.sometimes)
        }
        return matches
    }

    private func isOfL3Device(_ packet: RoutedPacket) -> RuleMatch {
        if packet.tablesOfL3Devices.isEmpty { return .never }
        guard let input = packet.input else { return .sometimes }
        return packet.tablesOfL3Devices[input] == nil ? .never : .always
    }
}

extension IPv4Prefix {
    /// Whether it holds all of the outside, some of it or none.
    var isOutside: RuleMatch {
        if self == .all { return .always }
        // 0.0.0.0/1 begins with a network of no use and still holds half of the outside.
        return Self.specialPurpose.contains { $0.contains(self) } ? .never : .sometimes
    }
}
