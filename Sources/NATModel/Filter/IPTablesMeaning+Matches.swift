// What the words of single matches say.
extension IPTablesMeaning {
    /// `policy match dir out pol none`; of what IPsec is to have done with a packet only that it has.
    static func policy(_ words: inout ArraySlice<Substring>) -> [FilterMatch]? {
        guard words.starts(with: ["match", "dir"]), words.dropFirst(3).first == "pol" else {
            return nil
        }
        let isNone = words.dropFirst(4).first == "none"
        words = words.dropFirst(5)
        if isNone { return [.encrypted(isNegated: true)] }
        let named = ["reqid", "spi", "proto", "mode", "tunnel-dst", "tunnel-src"]
        while let word = words.first {
            if word == "strict" || word.hasPrefix("[") || word == "!" {
                words = words.dropFirst()
            } else if named.contains(String(word)) {
                words = words.dropFirst(2)
            } else {
                break
            }
        }
        // Which of what IPsec takes is meant is not decided.
        return [.encrypted(isNegated: false), .undecided("policy match")]
    }

    /// `tcp spt:1 flags:0x17/0x02`: the flags decide, ports and options may match.
    static func tcp(
        _ all: ArraySlice<Substring>, upTo rest: ArraySlice<Substring>
    ) -> [FilterMatch] {
        let words = all[..<rest.startIndex]
        var matches: [FilterMatch] = []
        var others = words.dropFirst().count
        if let word = words.first(where: { $0.hasPrefix("flags:") }) {
            let text = word.dropFirst("flags:".count)
            let isNegated = text.first == "!"
            let numbers = text.drop { $0 == "!" }.split(separator: "/").compactMap {
                UInt8($0.dropFirst($0.hasPrefix("0x") ? 2 : 0), radix: 16)
            }
            if numbers.count == 2 {
                matches.append(
                    .tcpFlags(value: numbers[1], mask: numbers[0], isNegated: isNegated))
                others -= 1
            }
        }
        if matches.isEmpty || others > 0 { matches.append(.undecided(text(all, upTo: rest))) }
        return matches
    }

    static func states(_ list: Substring) -> ConnectionStates? {
        var states: ConnectionStates = []
        for name in list.split(separator: ",") {
            guard let state = ConnectionStates(name: name) else { return nil }
            states.insert(state)
        }
        return states
    }

    /// `src-type UNICAST dst-type !LOCAL limit-in`; `nil` where it is not understood.
    static func addressTypes(_ words: inout ArraySlice<Substring>) -> [FilterMatch]? {
        var matches: [FilterMatch] = []
        while let name = words.first, name == "src-type" || name == "dst-type" {
            words = words.dropFirst()
            guard let list = words.popFirst() else { return nil }
            let isNegated = list.hasPrefix("!")
            let known: [Substring: AddressTypes] = [
                "UNICAST": .unicast, "LOCAL": .local, "BROADCAST": .broadcast,
                "ANYCAST": .anycast, "MULTICAST": .multicast,
            ]
            let names = list.drop { $0 == "!" }.split(separator: ",")
            let types = names.compactMap { known[$0] }
            matches.append(
                types.count == names.count
                    ? .addressType(
                        isSource: name == "src-type", AddressTypes(types), isNegated: isNegated)
                    : .undecided("ADDRTYPE match \(name) \(list)"))
        }
        words = words.drop { $0 == "limit-in" || $0 == "limit-out" }
        return matches.isEmpty ? nil : matches
    }

    /// `0x10/0xf0`, or a value alone.
    static func mark(_ text: Substring, isNegated: Bool) -> FilterMatch? {
        let parts = text.split(separator: "/").map { word in
            word.hasPrefix("0x") ? UInt32(word.dropFirst(2), radix: 16) : UInt32(word)
        }
        guard let value = parts.first ?? nil, parts.count < 3 else { return nil }
        guard parts.count == 2 else {
            return .mark(value: value, mask: .max, isNegated: isNegated)
        }
        return parts[1].map { .mark(value: value, mask: $0, isNegated: isNegated) }
    }

    static func connectionMark(_ text: Substring, isNegated: Bool) -> FilterMatch? {
        guard case .mark(let value, let mask, _) = mark(text, isNegated: isNegated) else {
            return nil
        }
        return .connectionMark(value: value, mask: mask, isNegated: isNegated)
    }

    /// `source IP range 10.0.0.5-10.0.0.9`.
    static func range(
        _ text: Substring, of name: Substring, _ isNegated: Bool
    ) -> FilterMatch? {
        let ends = text.split(separator: "-").compactMap { IPv4Address($0) }
        guard ends.count == 2, let range = IPv4Range(ends[0], ends[1]) else { return nil }
        let selector = AddressSelector([range], isNegated: isNegated)
        return name == "source" ? .source(selector) : .destination(selector)
    }
}
