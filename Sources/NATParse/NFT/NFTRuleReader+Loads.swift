import NATModel

// What a rule loads into registers, and what it does to their contents there.
extension NFTRuleReader {
    /// Source: `enum nft_meta_keys`.
    mutating func meta(_ fields: NFTFields) {
        guard let key = fields.number(2) else { return undecided("meta") }
        let known: [Int: (NFTField.Kind, String, Int)] = [
            1: (.etherType, "meta protocol", 2), 3: (.mark, "meta mark", 4),
            4: (.inputIndex, "iif", 4), 5: (.outputIndex, "oif", 4), 6: (.input, "iifname", 16),
            7: (.output, "oifname", 16), 10: (.socket, "meta skuid", 4),
            11: (.socket, "meta skgid", 4), 15: (.family, "meta nfproto", 1),
            16: (.transport, "meta l4proto", 1), 19: (.packetType, "meta pkttype", 1),
            23: (.socket, "meta cgroup", 4),
        ]
        if fields[3] != nil {
            let name = known[key]?.1 ?? Self.otherMeta[key] ?? "meta"
            let value = field(fields, 3).map(valueText) ?? ""
            say("\(name) set \(value)")
            if key == 3 { setMark(field(fields, 3), ofConnection: false) }
            return
        }
        let (kind, words, length) =
            known[key] ?? (
                .other, Self.otherMeta[key] ?? "meta \(key)", key == 8 || key == 9 ? 2 : 4
            )
        var loaded = NFTField(kind: kind, words: words, length: length)
        if kind == .mark { loaded.markBits = MarkChange(packet: .max) }
        load(fields, 1, loaded)
    }

    /// The packet or its connection gets the mark that is in a register.
    private mutating func setMark(_ field: NFTField?, ofConnection: Bool) {
        func change(_ bits: MarkChange?) -> FilterEffect {
            var change = bits ?? .unknown
            change.isOfConnection = ofConnection
            return .mark(change)
        }
        guard let field, case .mapped(let set) = field.kind, let map = sets[set] else {
            return goesOn(change(field?.markBits))
        }
        goesOn(
            .firstOf(
                map.elements.map { element in
                    var bits: MarkChange?
                    if case .data(let value) = element.value, value.count == 4 {
                        bits = MarkChange(turned: value[...].number32)
                    }
                    return FilterRule(map.match(element, field.keys, names), change(bits))
                } + (map.isDynamic ? [FilterRule([.undecided("@\(set)")], change(nil))] : [])))
    }

    private static let otherMeta = [
        0: "meta length", 2: "meta priority", 8: "iiftype", 9: "oiftype", 12: "meta nftrace",
        13: "meta rtclassid", 14: "meta secmark", 17: "meta ibrname", 18: "meta obrname",
        20: "meta cpu", 21: "iifgroup", 22: "oifgroup", 24: "meta random", 25: "meta ipsec",
        26: "meta iifkind", 27: "meta oifkind", 30: "meta time", 31: "meta day", 32: "meta hour",
        33: "meta sdif", 34: "meta sdifname",
    ]

    /// Source: `enum nft_payload_bases`, and the headers of IPv4, TCP and the like.
    mutating func payload(_ fields: NFTFields) {
        let base = fields.number(2) ?? 0
        let offset = fields.number(3) ?? 0
        let length = fields.number(4) ?? 0
        let (kind, words) = Self.header(base, offset, length, transport)
        if fields[5] != nil {
            return say("\(words) set \(field(fields, 5).map(valueText) ?? "")")
        }
        // What the header has to be is said by naming it.
        if let waiting = dependency, waiting.layer == base { dependency = nil }
        load(fields, 1, NFTField(kind: kind, words: words, length: length))
    }

    private static func header(
        _ base: Int, _ offset: Int, _ length: Int, _ transport: UInt8?
    ) -> (NFTField.Kind, String) {
        switch (base, offset, length) {
        case (1, 12, 1...4): return (.source, "ip saddr")
        case (1, 16, 1...4): return (.destination, "ip daddr")
        case (1, 9, 1): return (.transport, "ip protocol")
        case (1, 8, 16): return (.other, "ip6 saddr")
        case (1, 24, 16): return (.other, "ip6 daddr")
        case (1, 8, 1): return (.number, "ip ttl")
        case (1, 2, 2): return (.number, "ip length")
        case (1, 1, 1): return (.other, "ip dscp")
        case (1, 6, 2): return (.other, "ip frag-off")
        case (2, _, _):
            let name = transport.map(NFTNames.transport) ?? "th"
            let isICMP = transport == 1 || transport == 58
            switch (offset, length) {
            case (0, 1) where isICMP: return (.number, "\(name) type")
            case (1, 1) where isICMP: return (.number, "\(name) code")
            case (0, 2): return (.number, "\(name) sport")
            case (2, 2): return (.number, "\(name) dport")
            case (13, 1) where transport == 6: return (.other, "tcp flags")
            default: return (.other, "@th,\(offset * 8),\(length * 8)")
            }
        case (0, 6, 6): return (.other, "ether saddr")
        case (0, 0, 6): return (.other, "ether daddr")
        case (0, 12, 2): return (.etherType, "ether type")
        default: return (.other, "@\(base == 0 ? "ll" : "nh"),\(offset * 8),\(length * 8)")
        }
    }

    /// Source: `enum nft_ct_keys`.
    mutating func ct(_ fields: NFTFields) {
        guard let key = fields.number(2) else { return undecided("ct") }
        let names = [
            0: "ct state", 1: "ct direction", 2: "ct status", 3: "ct mark", 5: "ct expiration",
            6: "ct helper", 10: "ct protocol", 13: "ct label", 14: "ct packets", 15: "ct bytes",
            17: "ct zone", 19: "ct original ip saddr", 20: "ct original ip daddr",
        ]
        let words = names[key] ?? "ct \(key)"
        if fields[4] != nil {
            // A zone of both directions, in which the answers have to come too.
            if key == 17, fields[3] == nil {
                return ends(
                    .unknown("ct zone"), "\(words) set \(field(fields, 4).map(valueText) ?? "")")
            }
            say("\(words) set \(field(fields, 4).map(valueText) ?? "")")
            if key == 3 { setMark(field(fields, 4), ofConnection: true) }
            return
        }
        // Of what conntrack does not see nothing but the state can be asked: the rule ends there.
        if key != 0 { matches.append(.state(.untracked, isNegated: true)) }
        let kinds: [Int: NFTField.Kind] = [0: .state, 1: .direction, 3: .connectionMark]
        var loaded = NFTField(kind: kinds[key] ?? .other, words: words, length: key == 1 ? 1 : 4)
        if key == 3 { loaded.markBits = MarkChange(connection: .max) }
        load(fields, 1, loaded)
    }

    /// Source: `enum nft_fib_result` and `NFTA_FIB_F_*`.
    mutating func fib(_ fields: NFTFields) {
        let flags = fields.number(3) ?? 0
        let parts = [(1, "saddr"), (2, "daddr"), (4, "mark"), (8, "iif"), (16, "oif")]
            .filter { flags & $0.0 != 0 }.map(\.1).joined(separator: " . ")
        let isType = fields.number(2) == 3
        let result = isType ? "type" : fields.number(2) == 2 ? "oifname" : "oif"
        // Whether there is a way at all is asked with the flag NFTA_FIB_F_PRESENT, or by the number 0.
        let asksForWay = fields.number(2) == 1 && [1, 9].contains(flags & 31)
        load(
            fields, 1,
            NFTField(
                kind: isType
                    ? .addressType : asksForWay ? .wayBack(isStrict: flags & 8 != 0) : .other,
                words: "fib \(parts) \(result)", length: 4))
    }

    mutating func generator(_ fields: NFTFields, _ name: String) {
        let kind = fields.number(3) == 1 ? "random" : "inc"
        load(
            fields, 1,
            NFTField(
                kind: .other, words: "\(name) \(kind) mod \(fields.number(2) ?? 0)", length: 4))
    }

    mutating func header(_ fields: NFTFields) {
        if fields[7] != nil {
            say("tcp option set")
            // TCPOPT_MAXSEG.
            if fields.number(2) == 2 { goesOn(.clamp) }
            return
        }
        load(fields, 1, NFTField(kind: .other, words: "exthdr", length: fields.number(4) ?? 4))
    }

    mutating func bitwise(_ fields: NFTFields) {
        guard var field = field(fields, 1), let target = fields.number(2) else {
            return undecided("bitwise")
        }
        let xor = fields.data(5) ?? []
        field.markBits = field.markBits.flatMap { bits -> MarkChange? in
            guard (fields.number(6) ?? 0) == 0, let mask = fields.data(4), mask.count == 4,
                xor.count == 4
            else { return nil }
            return bits.masked(mask[...].number32, turned: xor[...].number32)
        }
        if (fields.number(6) ?? 0) == 0, xor.allSatisfy({ $0 == 0 }), field.mask == nil,
            let mask = fields.data(4)
        {
            field.mask = mask
        } else {
            // Shifted, or with bits turned over.
            field.kind = .other
        }
        registers[place(target)] = field
    }

    mutating func byteorder(_ fields: NFTFields) {
        guard var field = field(fields, 1), let target = fields.number(2) else { return }
        if case .constant = field.kind {} else { field.kind = .other }
        field.markBits = nil
        registers[place(target)] = field
    }
}
