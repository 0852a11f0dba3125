import NATModel

// What a comparison of a field with values of a rule or set means.
extension NFTField {
    /// Whether the field is in `first...last`, or not.
    func match(
        _ first: [UInt8], _ last: [UInt8], isNegated: Bool, names: NFTNames
    ) -> FilterMatch {
        func undecided() -> FilterMatch {
            let range = first == last ? "" : "-\(text(last, names: names))"
            let sign = isNegated ? "!= " : mask == nil ? "" : "== "
            return .undecided("\(maskedWords) \(sign)\(text(first, names: names))\(range)")
        }
        switch kind {
        case .input: return .input(interfaces(first, last, isNegated))
        case .output: return .output(interfaces(first, last, isNegated))
        case .inputIndex, .outputIndex:
            guard first == last, let name = names.interface(first[...].number(4)) else {
                return undecided()
            }
            let selector = InterfaceSelector([.init(name)], isNegated: isNegated)
            return kind == .inputIndex ? .input(selector) : .output(selector)
        case .source, .destination:
            guard let range = addresses(first, last) else { return undecided() }
            let selector = AddressSelector([range], isNegated: isNegated)
            return kind == .source ? .source(selector) : .destination(selector)
        case .state: return state(first, isNegated) ?? undecided()
        case .mark, .connectionMark:
            guard first == last, first.count == 4 else { return undecided() }
            let value = UInt32(truncatingIfNeeded: first[...].number(4))
            let mask = mask.map { UInt32(truncatingIfNeeded: $0[...].number(4)) } ?? .max
            return kind == .mark
                ? .mark(value: value, mask: mask, isNegated: isNegated)
                : .connectionMark(value: value, mask: mask, isNegated: isNegated)
        case .transport:
            guard first == last else { return undecided() }
            return .transport((isNegated ? "!" : "") + text(first, names: names))
        case .family: return .fixed((first.first == 2) != isNegated)
        case .etherType: return .fixed((first[...].networkNumber == 0x0800) != isNegated)
        case .direction: return .direction(isAnswer: (first.first != 0) != isNegated)
        case .packetType: return .fixed((first.first == 0) != isNegated)
        case .addressType:
            guard first == last, case let number = first[...].number(4), number < 16 else {
                return undecided()
            }
            return .addressType(
                isSource: words.hasPrefix("fib saddr"), AddressTypes(rawValue: 1 << UInt16(number)),
                isNegated: isNegated)
        case .wayBack(let isStrict):
            // 0 is no interface; with NFTA_FIB_F_PRESENT 1 says that there is one.
            guard first == last, first.dropFirst().allSatisfy({ $0 == 0 }), first[0] < 2 else {
                return undecided()
            }
            return .wayBack(isStrict: isStrict, isThere: (first[0] == 0) == isNegated)
        // Without a socket the rule does not match, whatever it asks for.
        case .socket: return .fixed(false)
        case .other where words == "tcp flags" && first == last && first.count == 1:
            return .tcpFlags(
                value: first[0], mask: mask?.first ?? 0xff, isNegated: isNegated)
        // 1 is what IPsec has brought in, or takes out.
        case .other where words == "meta ipsec" || words == "rt ipsec":
            return .encrypted(isNegated: (first.first == 0) != isNegated)
        case .other where words == "ct status": return status(first, isNegated) ?? undecided()
        case .number, .other, .constant, .mapped: return undecided()
        }
    }

    func interfaces(
        _ first: [UInt8], _ last: [UInt8], _ isNegated: Bool
    ) -> InterfaceSelector {
        guard first != last else {
            return InterfaceSelector([.init(ifname: first)], isNegated: isNegated)
        }
        // An interval of names: all that begin as its first one does.
        let start = first.prefix { $0 != 0 }
        return InterfaceSelector(
            [.init(KernelName.text(start), isPrefix: true)],
            isNegated: isNegated)
    }

    /// The addresses of a comparison; `nil` for a mask with holes, or an IPv6 address.
    func addresses(_ first: [UInt8], _ last: [UInt8]) -> IPv4Range? {
        guard first.count <= 4, last.count <= 4 else { return nil }
        guard first == last else { return IPv4Range(Self.address(first), Self.address(last)) }
        guard let length = mask.map({ Self.prefixLength($0) }) ?? first.count * 8 else {
            return nil
        }
        return IPv4Range(IPv4Prefix(Self.address(first), length: length))
    }

    /// Comparisons of the states of conntrack: `& mask != 0`, or with one value.
    private func state(_ value: [UInt8], _ isNegated: Bool) -> FilterMatch? {
        let number = value[...].number(4)
        let bits = mask.map { $0[...].number(4) } ?? number
        // `& mask == value` with anything but 0 asks for several states at once.
        if mask != nil, number != 0 { return nil }
        var states: ConnectionStates = []
        for (bit, _, state) in NFTNames.stateBits where bits & bit != 0 { states.insert(state) }
        // With a mask, not equal to 0 is one of them.
        return .state(states, isNegated: mask == nil ? isNegated : !isNegated)
    }

    /// Whether one of some bits of `IPS_*` is set; `nil` where that cannot be told.
    ///
    /// Source: linux/netfilter/nf_conntrack_common.h. Of a first packet only DST_NAT (32) may be set
    /// by then, and EXPECTED (1), where another connection announced it.
    private func status(_ value: [UInt8], _ isNegated: Bool) -> FilterMatch? {
        guard let bits = mask.map({ $0[...].number(4) }), value[...].number(4) == 0, bits & 1 == 0
        else { return nil }
        return .state(bits & 32 != 0 ? .translated : [], isNegated: !isNegated)
    }
}

extension NFTSet {
    /// The match of a look-up of these fields in the set.
    func match(_ keys: [NFTField], isNegated: Bool, names: NFTNames) -> FilterMatch {
        let words = keys.map(\.maskedWords).joined(separator: " . ")
        // What comes and goes by itself is otherwise by the time a packet comes.
        if isDynamic { return .undecided("\(words) \(isNegated ? "!= " : "")@\(name)") }
        guard keys.count == 1, let key = keys.first else {
            return .anyOf(
                elements.map { element in match(element, keys, names) }, isNegated: isNegated)
        }
        switch key.kind {
        case .source, .destination:
            let ranges = elements.map { key.addresses($0.first, $0.last) }
            let known = ranges.compactMap(\.self)
            guard known.count == ranges.count else { return .undecided("\(words) @\(name)") }
            let selector = AddressSelector(known, isNegated: isNegated)
            return key.kind == .source ? .source(selector) : .destination(selector)
        case .input, .output:
            var patterns: [InterfaceSelector.Pattern] = []
            for element in elements {
                let match = key.match(element.first, element.last, isNegated: false, names: names)
                switch match {
                case .input(let selector), .output(let selector): patterns += selector.patterns
                default: return .undecided("\(words) @\(name)")
                }
            }
            let selector = InterfaceSelector(patterns, isNegated: isNegated)
            return key.kind == .input ? .input(selector) : .output(selector)
        // Without a socket the rule does not match, whatever it asks for.
        case .socket: return .fixed(false)
        default:
            if key.kind == .number || key.kind == .other {
                let text = text(of: keys, names: names)
                return .undecided("\(words) \(isNegated ? "!= " : "")\(text)")
            }
            return .anyOf(
                elements.map { element in match(element, keys, names) }, isNegated: isNegated)
        }
    }

    /// All that must hold for a packet to have the key of this element.
    func match(_ element: Element, _ keys: [NFTField], _ names: NFTNames) -> [FilterMatch] {
        if element.isCatchAll { return [] }
        var matches: [FilterMatch] = []
        var offset = 0
        for key in keys {
            // Each part of a key begins at a word of four bytes.
            let first = Array(element.first.dropFirst(offset).prefix(key.length))
            let last = Array(element.last.dropFirst(offset).prefix(key.length))
            matches.append(
                keys.count > 1 && first.allSatisfy { $0 == 0 } && last.allSatisfy { $0 == 0xff }
                    ? .fixed(true) : key.match(first, last, isNegated: false, names: names))
            offset += (key.length + 3) & ~3
        }
        return matches
    }

    /// Its name, or its elements where it has none: `{ 80, 443-450 }`.
    func text(of keys: [NFTField], names: NFTNames) -> String {
        guard isAnonymous else { return "@\(name)" }
        let texts = elements.map { element -> String in
            let key = keyText(element, keys, names)
            switch element.value {
            case .none: return key
            case .data(let value): return "\(key) : \(Self.dataText(value))"
            case .verdict(let verdict): return "\(key) : \(verdict.words)"
            }
        }
        return texts.isEmpty ? "{ }" : "{ \(texts.joined(separator: ", ")) }"
    }

    private func keyText(
        _ element: Element, _ keys: [NFTField], _ names: NFTNames
    ) -> String {
        if element.isCatchAll { return "*" }
        var offset = 0
        return keys.map { key in
            let first = Array(element.first.dropFirst(offset).prefix(key.length))
            let last = Array(element.last.dropFirst(offset).prefix(key.length))
            offset += (key.length + 3) & ~3
            if first == last { return key.text(first, names: names) }
            if let range = key.kind == .source || key.kind == .destination
                ? key.addresses(first, last) : nil
            {
                return range.description
            }
            if key.kind == .input || key.kind == .output {
                return key.interfaces(first, last, false).patterns.map(NFTNames.quoted).joined()
            }
            return "\(key.text(first, names: names))-\(key.text(last, names: names))"
        }.joined(separator: " . ")
    }

    /// A value of a map that translates: an address, with a port behind it.
    static func dataText(_ value: [UInt8]) -> String {
        guard value.count >= 4 else { return "\(value[...].networkNumber)" }
        let address = NFTField.address(value).description
        guard value.count >= 8 else { return address }
        return "\(address) . \(value[4..<6].networkNumber)"
    }
}
