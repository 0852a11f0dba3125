import NATModel

// What a rule does, by nft(8) or by what iptables(8) puts into nftables.
extension NFTRuleReader {
    mutating func nat(_ fields: NFTFields) {
        let isSource = fields.number(1) == 0
        let flags = fields.number(7) ?? 0
        let name = isSource ? "snat" : "dnat"
        let options = Self.options(flags)
        let first = field(fields, 3)
        if case .mapped(let set) = first?.kind, let map = sets[set], let first {
            let cases = map.elements.map { element in
                FilterRule(
                    map.match(element, first.keys, names)
                        + (map.isDynamic ? [.undecided("@\(set)")] : []),
                    isSource
                        ? .snat(Self.addresses(element.value))
                        : .dnat(Self.addresses(element.value)))
            }
            return ends(.firstOf(cases), "\(name) to \(first.words)\(options)")
        }
        let low = constant(fields, 3)
        let high = constant(fields, 4) ?? low
        let range = low.flatMap { low in
            high.flatMap { IPv4Range(NFTField.address(low), NFTField.address($0)) }
        }
        let isPrefix = flags & 0x40 != 0
        let address = range.map { "\(isPrefix ? $0.description : Self.text($0))" } ?? ""
        let text = "\(name) \(isPrefix ? "prefix " : "")to \(address)\(port(fields, 5))\(options)"
        guard isSource else { return ends(.dnat(range.map { [$0] } ?? []), text) }
        if isPrefix, let network = range?.prefix { return ends(.netmap(network), text) }
        ends(.snat(range.map { [$0] } ?? []), text)
    }

    private static func text(_ range: IPv4Range) -> String {
        range.first == range.last ? "\(range.first)" : "\(range.first)-\(range.last)"
    }

    private static func addresses(_ value: NFTSet.Value) -> [IPv4Range] {
        guard case .data(let bytes) = value, bytes.count >= 4 else { return [] }
        return [IPv4Range(IPv4Prefix(NFTField.address(bytes)))]
    }

    private func constant(_ fields: NFTFields, _ attribute: Int) -> [UInt8]? {
        if case .constant(let value) = field(fields, attribute)?.kind { value } else { nil }
    }

    func port(_ fields: NFTFields, _ attribute: Int) -> String {
        guard let low = constant(fields, attribute)?.prefix(2).networkNumber else { return "" }
        let high = constant(fields, attribute + 1)?.prefix(2).networkNumber ?? low
        let lead = attribute == 5 ? ":" : " to :"
        return lead + (low == high ? "\(low)" : "\(low)-\(high)")
    }

    /// Source: `NF_NAT_RANGE_*` in linux/netfilter/nf_nat.h.
    private static func options(_ flags: Int) -> String {
        let names = [(0x4, "random"), (0x10, "fully-random"), (0x8, "persistent")]
            .filter { flags & $0.0 != 0 }.map(\.1)
        return names.isEmpty ? "" : " " + names.joined(separator: ",")
    }

    func masquerade(_ fields: NFTFields) -> String {
        "masquerade" + port(fields, 2) + Self.options(fields.number(1) ?? 0)
    }

    func limit(_ fields: NFTFields) -> String {
        let units = [1: "second", 60: "minute", 3600: "hour", 86400: "day", 604_800: "week"]
        let unit = units[fields.number(2) ?? 0] ?? "second"
        let over = (fields.number(5) ?? 0) & 1 != 0 ? "over " : ""
        let bytes = fields.number(4) == 1 ? " bytes" : ""
        return "limit rate \(over)\(fields.number(1) ?? 0)\(bytes)/\(unit)"
    }

    func log(_ fields: NFTFields) -> String {
        let prefix =
            fields[2].map { bytes in
                " prefix \"\(String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self))\""
            } ?? ""
        return "log" + prefix + (fields.number(1).map { " group \($0)" } ?? "")
    }

    func reject(_ fields: NFTFields) -> String {
        let code = fields.number(2) ?? 0
        switch fields.number(1) {
        case 1: return "reject with tcp reset"
        case 2:
            let codes = ["no-route", "port-unreachable", "host-unreachable", "admin-prohibited"]
            return code == 1 || !codes.indices.contains(code)
                ? "reject" : "reject with icmpx \(codes[code])"
        default:
            let codes = [
                0: "net-unreachable", 1: "host-unreachable", 2: "prot-unreachable",
                9: "net-prohibited", 10: "host-prohibited", 13: "admin-prohibited",
            ]
            return codes[code].map { "reject with icmp \($0)" } ?? "reject"
        }
    }

    /// A named object: `NFT_OBJECT_*` says of which kind.
    mutating func objref(_ fields: NFTFields) {
        let kinds = [
            1: "counter name", 2: "quota name", 3: "ct helper set", 4: "limit name",
            6: "ct timeout set", 7: "secmark set", 8: "ct expectation set", 9: "synproxy name",
        ]
        let kind = fields.number(1) ?? 0
        let text = "\(kinds[kind] ?? "object") \"\(fields.text(2) ?? fields.text(4) ?? "")\""
        [1, 3, 6, 7, 8].contains(kind) ? say(text) : undecided(text)
    }

    mutating func compatMatch(_ fields: NFTFields) {
        let name = fields.text(1) ?? ""
        let info = fields[3].map(Array.init) ?? []
        if name == "comment" {
            comment = info[...].zeroTerminated
            return
        }
        let match = XTMatch(name, revision: fields.number(2) ?? 0, info)
        say(match.words)
        matches += match.matches
    }

    mutating func compatTarget(_ fields: NFTFields) {
        let name = fields.text(1) ?? ""
        let info = fields[3].map(Array.init) ?? []
        let effect = XTMatch.effect(name, revision: fields.number(2) ?? 0, info)
        let text = "xt target \"\(name)\""
        switch effect {
        case .nothing: say(text)
        case .clamp:
            say(text)
            goesOn(.clamp)
        default: ends(effect, text)
        }
    }
}
