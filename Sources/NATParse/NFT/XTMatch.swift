import NATModel

/// A match of iptables that its nftables backend has kept in the old form, `xt match`.
///
/// Those that decide about forwarded packets are read; the others may match.
struct XTMatch {
    /// What it means.
    let matches: [FilterMatch]
    /// In iptables' words, or by its name.
    let words: String

    init(_ name: String, revision: Int, _ info: [UInt8]) {
        let known = Self.read(name, revision, info)
        matches = known?.matches ?? [.undecided("xt match \"\(name)\"")]
        words = known?.words ?? "xt match \"\(name)\""
    }

    private static func read(
        _ name: String, _ revision: Int, _ info: [UInt8]
    ) -> (matches: [FilterMatch], words: String)? {
        func number(_ offset: Int, _ count: Int) -> Int { info.dropFirst(offset).number(count) }
        switch (name, revision) {
        case ("conntrack", 1...3) where info.count >= 154:
            // xt_conntrack_mtinfo3: flags at 146, states at 150; all but states may match.
            let (flags, inverted) = (number(146, 2), number(148, 2))
            guard let states = states(number(150, 2)) else { return nil }
            if flags == 1 { return state(states, isNegated: inverted & 1 != 0) }
            guard flags & 1 != 0 else { return nil }
            let (matches, words) = state(states, isNegated: inverted & 1 != 0)
            return (matches + [.undecided("xt match \"conntrack\"")], words)
        case ("state", 0) where info.count >= 4:
            return states(number(0, 4)).map { state($0, isNegated: false) }
        case ("addrtype", 1) where info.count >= 8:
            return addressTypes(number(0, 2), number(2, 2), number(4, 4))
        case ("policy", 0) where info.count >= 308:
            // xt_policy_info: four elements of 76 bytes, then flags, of which 4 is NONE, and how many
            // of the elements count.
            let isNone = number(304, 2) & 4 != 0
            return (
                [.encrypted(isNegated: isNone)]
                    + (isNone ? [] : [.undecided("xt match \"policy\"")]),
                "policy match pol \(isNone ? "none" : "ipsec")"
            )
        case ("rpfilter", 0) where !info.isEmpty:
            // XT_RPFILTER_LOOSE and XT_RPFILTER_INVERT.
            let (isStrict, isThere) = (info[0] & 1 == 0, info[0] & 8 == 0)
            return (
                [.wayBack(isStrict: isStrict, isThere: isThere)],
                "rpfilter\(isStrict ? "" : " loose")\(isThere ? "" : " invert")"
            )
        case ("tcp", 0) where info.count >= 12:
            // xt_tcp: two ranges of ports, an option, mask and value of the flags, what is inverted.
            let hasPorts = number(0, 4) != 0xffff_0000 || number(4, 4) != 0xffff_0000
            guard info[9] != 0 else { return nil }
            let isNegated = info[11] & 4 != 0
            return (
                [.tcpFlags(value: info[10], mask: info[9], isNegated: isNegated)]
                    + (hasPorts || info[8] != 0 ? [.undecided("xt match \"tcp\"")] : []),
                "tcp flags \(isNegated ? "! " : "")\(info[9])/\(info[10])"
            )
        case ("owner", 1) where info.count >= 18:
            // xt_owner_match_info: what is looked at, then what of it is inverted.
            let holds = info[16] == info[17]
            return ([.fixed(holds)], "xt match \"owner\"")
        case ("mark", 1) where info.count >= 9, ("connmark", 1) where info.count >= 9:
            let value = UInt32(truncatingIfNeeded: number(0, 4))
            let mask = UInt32(truncatingIfNeeded: number(4, 4))
            let isNegated = info[8] != 0
            return (
                [
                    name == "mark"
                        ? .mark(value: value, mask: mask, isNegated: isNegated)
                        : .connectionMark(value: value, mask: mask, isNegated: isNegated)
                ],
                "\(name) match \(isNegated ? "! " : "")0x\(String(value, radix: 16))"
                    + "/0x\(String(mask, radix: 16))"
            )
        default: return nil
        }
    }

    /// Source: xt_mark_tginfo2 of linux/netfilter/xt_mark.h, xt_connmark_tginfo1 and 2 of
    /// xt_connmark.h.
    private static func markChange(
        _ name: String, _ revision: Int, _ info: [UInt8]
    ) -> MarkChange? {
        func number(_ place: Int) -> UInt32 { info.dropFirst(place).number32 }
        let isShifted = revision == 2 && info.count >= 15 && info[14] != 0
        switch (name, revision) {
        case ("MARK", 2) where info.count >= 8:
            return MarkChange(setting: number(0), mask: number(4), ofConnection: false)
        case ("CONNMARK", 1...2) where info.count >= 13 && !isShifted:
            let (value, connection, packet) = (number(0), number(4), number(8))
            // XT_CONNMARK_SET, SAVE and RESTORE.
            switch info[12] {
            case 0: return MarkChange(setting: value, mask: connection, ofConnection: true)
            case 1: return MarkChange(copying: packet, connection, toConnection: true)
            case 2: return MarkChange(copying: packet, connection, toConnection: false)
            default: return nil
            }
        default: return nil
        }
    }

    private static func state(
        _ states: ConnectionStates, isNegated: Bool
    ) -> (matches: [FilterMatch], words: String) {
        let names = stateBits.filter { states.contains($0.state) }.map(\.name)
        return (
            [.state(states, isNegated: isNegated)],
            "\(isNegated ? "! " : "")ctstate \(names.joined(separator: ","))"
        )
    }

    /// `XT_CONNTRACK_STATE_BIT` of linux/netfilter/xt_conntrack.h.
    private static let stateBits: [(bit: Int, name: String, state: ConnectionStates)] = [
        (1, "INVALID", .invalid), (8, "NEW", .new), (4, "RELATED", .related),
        (2, "ESTABLISHED", .established), (256, "UNTRACKED", .untracked),
        (64, "SNAT", .translated), (128, "DNAT", .translated),
    ]

    private static func states(_ bits: Int) -> ConnectionStates? {
        var states: ConnectionStates = []
        for (bit, _, state) in stateBits where bits & bit != 0 { states.insert(state) }
        return states.isEmpty ? nil : states
    }

    /// Masks of `1 << RTN_*`.
    private static func addressTypes(
        _ source: Int, _ destination: Int, _ flags: Int
    ) -> (matches: [FilterMatch], words: String)? {
        var matches: [FilterMatch] = []
        var words: [String] = []
        for (types, inverting, name) in [(source, 1, "src-type"), (destination, 2, "dst-type")]
        where types != 0 {
            let isNegated = flags & inverting != 0
            let names = (0..<12).filter { types & (1 << $0) != 0 }.map {
                (NFTNames.addressTypes[$0] ?? "\($0)").uppercased()
            }
            let text = "\(name) \(isNegated ? "!" : "")\(names.joined(separator: ","))"
            words.append(text)
            matches.append(
                .addressType(
                    isSource: inverting == 1,
                    AddressTypes(rawValue: UInt16(truncatingIfNeeded: types)),
                    isNegated: isNegated))
        }
        return matches.isEmpty
            ? nil : (matches, "ADDRTYPE match \(words.joined(separator: " "))")
    }

    /// What a target of iptables does.
    static func effect(_ name: String, revision: Int, _ info: [UInt8]) -> FilterEffect {
        // nf_nat_range: flags, first and last address of 16 bytes; of revision 0: count, flags,
        // first and last address.
        let place = revision == 0 ? 8 : 4
        let step = revision == 0 ? 4 : 16
        let range =
            info.count >= place + step + 4
            ? IPv4Range(info.dropFirst(place).address, info.dropFirst(place + step).address) : nil
        switch name {
        case "SNAT": return .snat(range.map { [$0] } ?? [])
        case "DNAT": return .dnat(range.map { [$0] } ?? [])
        case "NETMAP": return range?.prefix.map { .netmap($0) } ?? .snat([])
        // xt_ct_target_info begins with its flags; XT_CT_NOTRACK is the first.
        case "CT" where (info.first ?? 0) & 1 != 0: return .untrack
        // A zone of both directions, in which the answers have to come too: a number or a mark.
        case "CT"
        where (info.first ?? 0) & 0xc == 0
            && (info.dropFirst(2).number(2) != 0 || (info.first ?? 0) & 0x10 != 0):
            return .unknown("CT zone")
        case "MARK", "CONNMARK":
            return markChange(name, revision, info).map { .mark($0) } ?? .anyMark
        // xt_set_info_target_v3: the set that gives marks is the third; 65535 is none.
        case "SET" where revision >= 3 && info.dropFirst(8).number(2) != 65535:
            return .mark(.unknown)
        default: return FilterEffect(target: name) ?? .unknown("xt target \"\(name)\"")
        }
    }
}
