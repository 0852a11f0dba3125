import NATModel

/// Reads the expressions of one rule: what it means, and how nft(8) writes it.
///
/// An expression that is not understood is a match natdeck cannot decide, never one passed over.
struct NFTRuleReader {
    let names: NFTNames
    /// The sets of the rule's table, by name.
    let sets: [String: NFTSet]

    private var matches: [FilterMatch] = []
    private var effect: FilterEffect?
    private var words: [String] = []
    private var counter: (packets: UInt64, bytes: UInt64)?
    private var columns = NFTColumns()
    /// What the registers hold, by the words of four bytes they begin at.
    private var registers: [Int: NFTField] = [:]
    /// A match that the next one implies: `meta l4proto tcp` before `tcp dport`.
    private var dependency: (text: String, layer: Int)?
    /// The transport protocol that the rule asks for; `nil` for any, or several.
    private var transport: UInt8?
    private var comment: String?

    init(names: NFTNames, sets: [String: NFTSet]) {
        self.names = names
        self.sets = sets
    }

    /// The rule that these expressions make.
    mutating func read(_ expressions: [NFTExpression], comment: String?) -> NATRule {
        self.comment = comment
        var rest = expressions[...]
        while let expression = rest.popFirst() {
            if expression.name == "cmp", let next = rest.first,
                takeRange(expression.fields, next)
            {
                rest = rest.dropFirst()
                continue
            }
            take(expression)
        }
        sayDependency()
        if let comment = self.comment { words.append("comment \"\(comment)\"") }
        fillColumns()
        return NATRule(
            nft: words.joined(separator: " ").strippedOfControls,
            meaning: FilterRule(matches, effect ?? .nothing), columns: columns, counter: counter)
    }

    private mutating func take(_ expression: NFTExpression) {
        let fields = expression.fields
        switch expression.name {
        case "meta": meta(fields)
        case "payload": payload(fields)
        case "ct": ct(fields)
        case "fib": fib(fields)
        case "rt": load(fields, 1, NFTField(kind: .other, words: "rt", length: 4))
        case "socket": load(fields, 2, NFTField(kind: .socket, words: "socket", length: 4))
        case "numgen": generator(fields, "numgen")
        case "hash": load(fields, 2, NFTField(kind: .number, words: "jhash", length: 4))
        case "osf": load(fields, 1, NFTField(kind: .other, words: "osf name", length: 16))
        case "exthdr": header(fields)
        case "xfrm": load(fields, 1, NFTField(kind: .other, words: "ipsec", length: 4))
        case "bitwise": bitwise(fields)
        case "byteorder": byteorder(fields)
        case "cmp": compare(fields)
        case "range": range(fields)
        case "lookup": lookUp(fields)
        case "immediate": immediate(fields)
        case "counter":
            let read = (packets: fields.unsigned(2) ?? 0, bytes: fields.unsigned(1) ?? 0)
            counter = read
            say("counter packets \(read.packets) bytes \(read.bytes)")
        case "limit": undecided(limit(fields))
        case "quota": undecided("quota")
        case "connlimit": undecided("ct count over \(fields.number(1) ?? 0)")
        case "log": say(log(fields))
        case "notrack", "dup", "flow_offload": say(statement(expression.name))
        case "dynset":
            // What it adds may not fit in any more, or a limit of the element may be reached.
            undecided("\(fields.number(3) == 1 ? "update" : "add") @\(fields.text(1) ?? "")")
        case "objref": objref(fields)
        case "masq": ends(.masquerade, masquerade(fields))
        case "nat": nat(fields)
        case "redir": ends(.dnat, "redirect" + port(fields, 1))
        case "tproxy": ends(.dnat, "tproxy")
        case "reject": ends(.drop, reject(fields))
        case "queue": ends(.unknown("queue"), "queue to \(fields.number(1) ?? 0)")
        case "synproxy": ends(.unknown("synproxy"), "synproxy")
        case "match": compatMatch(fields)
        case "target": compatTarget(fields)
        default: undecided(expression.name)
        }
    }

    // MARK: words and ends

    private mutating func say(_ text: String) {
        sayDependency()
        words.append(text)
    }

    private mutating func sayDependency() {
        if let dependency { words.append(dependency.text) }
        dependency = nil
    }

    private mutating func undecided(_ text: String) {
        say(text)
        matches.append(.undecided(text))
    }

    private mutating func ends(_ effect: FilterEffect, _ text: String) {
        say(text)
        self.effect = effect
    }

    private func statement(_ name: String) -> String {
        name == "flow_offload" ? "flow add" : name
    }

    // MARK: registers

    /// A register's first word of four bytes: 1…4 are of 16 bytes, 8 and more of four.
    private func place(_ register: Int) -> Int {
        register >= 8 ? register - 8 : (register - 1) * 4
    }

    private mutating func load(_ fields: NFTFields, _ attribute: Int, _ field: NFTField) {
        guard let register = fields.number(attribute) else { return undecided(field.words) }
        registers[place(register)] = field
    }

    private func field(_ fields: NFTFields, _ attribute: Int) -> NFTField? {
        fields.number(attribute).flatMap { registers[place($0)] }
    }

    // MARK: what is loaded

    /// Source: `enum nft_meta_keys`.
    private mutating func meta(_ fields: NFTFields) {
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
            return say("\(name) set \(value)")
        }
        let (kind, words, length) =
            known[key] ?? (
                .other, Self.otherMeta[key] ?? "meta \(key)", key == 8 || key == 9 ? 2 : 4
            )
        load(fields, 1, NFTField(kind: kind, words: words, length: length))
    }

    private static let otherMeta = [
        0: "meta length", 2: "meta priority", 8: "iiftype", 9: "oiftype", 12: "meta nftrace",
        13: "meta rtclassid", 14: "meta secmark", 17: "meta ibrname", 18: "meta obrname",
        20: "meta cpu", 21: "iifgroup", 22: "oifgroup", 24: "meta random", 25: "meta ipsec",
        26: "meta iifkind", 27: "meta oifkind", 30: "meta time", 31: "meta day", 32: "meta hour",
        33: "meta sdif", 34: "meta sdifname",
    ]

    /// Source: `enum nft_payload_bases`, and the headers of IPv4, TCP and the like.
    private mutating func payload(_ fields: NFTFields) {
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
    private mutating func ct(_ fields: NFTFields) {
        guard let key = fields.number(2) else { return undecided("ct") }
        let names = [
            0: "ct state", 1: "ct direction", 2: "ct status", 3: "ct mark", 5: "ct expiration",
            6: "ct helper", 10: "ct protocol", 13: "ct label", 14: "ct packets", 15: "ct bytes",
            17: "ct zone", 19: "ct original ip saddr", 20: "ct original ip daddr",
        ]
        let words = names[key] ?? "ct \(key)"
        if fields[4] != nil {
            return say("\(words) set \(field(fields, 4).map(valueText) ?? "")")
        }
        let kind: NFTField.Kind = key == 0 ? .state : key == 1 ? .direction : .other
        load(fields, 1, NFTField(kind: kind, words: words, length: key == 1 ? 1 : 4))
    }

    /// Source: `enum nft_fib_result` and `NFTA_FIB_F_*`.
    private mutating func fib(_ fields: NFTFields) {
        let flags = fields.number(3) ?? 0
        let parts = [(1, "saddr"), (2, "daddr"), (4, "mark"), (8, "iif"), (16, "oif")]
            .filter { flags & $0.0 != 0 }.map(\.1).joined(separator: " . ")
        let isType = fields.number(2) == 3
        let result = isType ? "type" : fields.number(2) == 2 ? "oifname" : "oif"
        load(
            fields, 1,
            NFTField(
                kind: isType ? .addressType : .other, words: "fib \(parts) \(result)", length: 4))
    }

    private mutating func generator(_ fields: NFTFields, _ name: String) {
        let kind = fields.number(3) == 1 ? "random" : "inc"
        load(
            fields, 1,
            NFTField(
                kind: .other, words: "\(name) \(kind) mod \(fields.number(2) ?? 0)", length: 4))
    }

    private mutating func header(_ fields: NFTFields) {
        if fields[7] != nil { return say("tcp option set") }
        load(fields, 1, NFTField(kind: .other, words: "exthdr", length: fields.number(4) ?? 4))
    }

    private mutating func bitwise(_ fields: NFTFields) {
        guard var field = field(fields, 1), let target = fields.number(2) else {
            return undecided("bitwise")
        }
        let xor = fields.data(5) ?? []
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

    private mutating func byteorder(_ fields: NFTFields) {
        guard var field = field(fields, 1), let target = fields.number(2) else { return }
        if case .constant = field.kind {} else { field.kind = .other }
        registers[place(target)] = field
    }

    // MARK: comparisons

    private mutating func compare(_ fields: NFTFields) {
        guard let field = field(fields, 1), let value = fields.data(3) else {
            return undecided("cmp")
        }
        switch fields.number(2) {
        case 0: add(field, value, value, isNegated: false)
        case 1: add(field, value, value, isNegated: true)
        case let op:
            let sign = op == 2 ? "<" : op == 3 ? "<=" : op == 4 ? ">" : ">="
            let text = "\(field.maskedWords) \(sign) \(field.text(value, names: names))"
            let zero = [UInt8](repeating: 0, count: value.count)
            let most = [UInt8](repeating: 0xff, count: value.count)
            switch (field.kind, op) {
            case (.source, 3), (.destination, 3):
                say(text)
                matches.append(field.match(zero, value, isNegated: false, names: names))
            case (.source, 5), (.destination, 5):
                say(text)
                matches.append(field.match(value, most, isNegated: false, names: names))
            default: undecided(text)
            }
        }
    }

    /// `>= a` and `<= b` of one register, which are a range.
    private mutating func takeRange(_ fields: NFTFields, _ next: NFTExpression) -> Bool {
        guard next.name == "cmp", fields.number(2) == 5, next.fields.number(2) == 3,
            fields.number(1) == next.fields.number(1), let field = field(fields, 1),
            let first = fields.data(3), let last = next.fields.data(3)
        else { return false }
        add(field, first, last, isNegated: false)
        return true
    }

    private mutating func range(_ fields: NFTFields) {
        guard let field = field(fields, 1), let first = fields.data(3), let last = fields.data(4)
        else { return undecided("range") }
        add(field, first, last, isNegated: fields.number(2) == 1)
    }

    private mutating func add(
        _ field: NFTField, _ first: [UInt8], _ last: [UInt8], isNegated: Bool
    ) {
        let match = field.match(first, last, isNegated: isNegated, names: names)
        if match != .fixed(true) || field.kind == .direction || field.kind == .addressType {
            matches.append(match)
        }
        let text = text(field, first, last, isNegated)
        let isPlain = !isNegated && first == last
        switch field.kind {
        case .transport where isPlain && field.mask == nil:
            transport = first.first
            // ICMP is of IPv4.
            if dependency?.layer == 1, first == [1] { dependency = nil }
            sayDependency()
            dependency = (text, 2)
        case .family where isPlain:
            sayDependency()
            dependency = (text, 1)
        case .other where field.words == "iiftype" && isPlain:
            sayDependency()
            // An Ethernet link has Ethernet headers; the comparison of one says so.
            dependency = (text, 0)
        default: say(text)
        }
    }

    private func text(
        _ field: NFTField, _ first: [UInt8], _ last: [UInt8], _ isNegated: Bool
    ) -> String {
        if field.kind == .state, let mask = field.mask {
            let sign = isNegated ? "" : "!= "
            return "ct state \(sign)\(NFTNames.states(mask[...].number(4)))"
        }
        if field.words == "ct status" || field.words == "tcp flags", let mask = field.mask {
            return "\(field.words) \(isNegated ? "" : "! ")\(flags(field, mask))"
        }
        if case .other = field.kind, field.words.hasPrefix("fib "), !field.words.hasSuffix("name") {
            return
                "\(field.words) \(first.allSatisfy { $0 == 0 } != isNegated ? "missing" : "exists")"
        }
        let isMasked = field.mask != nil && field.maskedWords != field.words
        let sign = isNegated ? "!= " : isMasked ? "== " : ""
        let value = field.text(first, names: names)
        guard first != last else { return "\(field.maskedWords) \(sign)\(value)" }
        return "\(field.maskedWords) \(sign)\(value)-\(field.text(last, names: names))"
    }

    private func flags(_ field: NFTField, _ mask: [UInt8]) -> String {
        let names =
            field.words == "tcp flags"
            ? ["fin", "syn", "rst", "psh", "ack", "urg", "ecn", "cwr"]
            : ["expected", "seen-reply", "assured", "confirmed", "snat", "dnat"]
        let bits = mask[...].number(4)
        return names.indices.filter { bits & (1 << $0) != 0 }.map { names[$0] }
            .joined(separator: ",")
    }

    // MARK: sets and maps

    private mutating func lookUp(_ fields: NFTFields) {
        guard let name = fields.text(1), let set = sets[name], let register = fields.number(2)
        else { return undecided("lookup") }
        let keys = keys(at: place(register), of: set)
        let fieldWords = keys.map(\.maskedWords).joined(separator: " . ")
        let text = set.text(of: keys, names: names)
        guard !keys.isEmpty else { return undecided("@\(name)") }
        guard let target = fields.number(3) else {
            let isNegated = (fields.number(5) ?? 0) & 1 != 0
            matches.append(set.match(keys, isNegated: isNegated, names: names))
            return say("\(fieldWords) \(isNegated ? "!= " : "")\(text)")
        }
        guard target == 0 else {
            registers[place(target)] = NFTField(
                kind: .mapped(set: name), words: "\(fieldWords) map \(text)", length: 4, keys: keys)
            return
        }
        var rules = set.elements.map { element -> FilterRule in
            var matches = set.match(element, keys, names)
            if set.isDynamic { matches.append(.undecided("@\(name)")) }
            if case .verdict(let verdict) = element.value {
                return FilterRule(matches, verdict.effect)
            }
            return FilterRule(matches, .unknown("@\(name)"))
        }
        if set.isDynamic {
            rules.append(FilterRule([.undecided("@\(name)")], .unknown("@\(name)")))
        }
        ends(.firstOf(rules), "\(fieldWords) vmap \(text)")
    }

    /// The fields a key is put together of, from a register on.
    private func keys(at place: Int, of set: NFTSet) -> [NFTField] {
        var keys: [NFTField] = []
        var word = place
        var left = set.keyLength
        while left > 0 {
            guard let field = registers[word] else { return [] }
            keys.append(field)
            let words = (field.length + 3) / 4
            word += words
            left -= words * 4
        }
        return keys
    }

    private mutating func immediate(_ fields: NFTFields) {
        guard let register = fields.number(1), let data = fields.fields(2) else {
            return undecided("immediate")
        }
        if register == 0, let verdict = NFTVerdict(data.fields(2)) {
            return ends(verdict.effect, verdict.words)
        }
        let value = data[1].map(Array.init) ?? []
        registers[place(register)] = NFTField(
            kind: .constant(value), words: "", length: value.count)
    }

    private func valueText(_ field: NFTField) -> String {
        guard case .constant(let value) = field.kind else { return field.words }
        let digits = String(value[...].number(4), radix: 16)
        return "0x" + String(repeating: "0", count: max(8 - digits.count, 0)) + digits
    }

    // MARK: statements

    private mutating func nat(_ fields: NFTFields) {
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
                    isSource ? .snat(Self.addresses(element.value)) : .dnat)
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
        guard isSource else { return ends(.dnat, text) }
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

    private func port(_ fields: NFTFields, _ attribute: Int) -> String {
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

    private func masquerade(_ fields: NFTFields) -> String {
        "masquerade" + port(fields, 2) + Self.options(fields.number(1) ?? 0)
    }

    private func limit(_ fields: NFTFields) -> String {
        let units = [1: "second", 60: "minute", 3600: "hour", 86400: "day", 604_800: "week"]
        let unit = units[fields.number(2) ?? 0] ?? "second"
        let over = (fields.number(5) ?? 0) & 1 != 0 ? "over " : ""
        let bytes = fields.number(4) == 1 ? " bytes" : ""
        return "limit rate \(over)\(fields.number(1) ?? 0)\(bytes)/\(unit)"
    }

    private func log(_ fields: NFTFields) -> String {
        let prefix =
            fields[2].map { bytes in
                " prefix \"\(String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self))\""
            } ?? ""
        return "log" + prefix + (fields.number(1).map { " group \($0)" } ?? "")
    }

    private func reject(_ fields: NFTFields) -> String {
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
    private mutating func objref(_ fields: NFTFields) {
        let kinds = [
            1: "counter name", 2: "quota name", 3: "ct helper set", 4: "limit name",
            6: "ct timeout set", 7: "secmark set", 8: "ct expectation set", 9: "synproxy name",
        ]
        let kind = fields.number(1) ?? 0
        let text = "\(kinds[kind] ?? "object") \"\(fields.text(2) ?? fields.text(4) ?? "")\""
        [1, 3, 6, 7, 8].contains(kind) ? say(text) : undecided(text)
    }

    // MARK: what iptables puts into nftables

    private mutating func compatMatch(_ fields: NFTFields) {
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

    private mutating func compatTarget(_ fields: NFTFields) {
        let name = fields.text(1) ?? ""
        let info = fields[3].map(Array.init) ?? []
        ends(
            XTMatch.effect(name, revision: fields.number(2) ?? 0, info), "xt target \"\(name)\"")
        if effect == .nothing { effect = nil }
    }

    // MARK: columns

    private mutating func fillColumns() {
        for match in matches {
            switch match {
            case .input(let selector): columns.input = Self.column(selector)
            case .output(let selector): columns.output = Self.column(selector)
            case .source(let selector): columns.source = Self.column(selector)
            case .destination(let selector): columns.destination = Self.column(selector)
            case .transport(let name): columns.proto = name
            default: continue
            }
        }
        columns.target = Self.target(effect)
    }

    private static func column(_ selector: InterfaceSelector) -> String {
        let names = selector.patterns.map { $0.isPrefix ? "\($0.name)*" : $0.name }
        return (selector.isNegated ? "!" : "") + names.joined(separator: ",")
    }

    private static func column(_ selector: AddressSelector) -> String {
        let shown = selector.ranges.prefix(2).map(\.description).joined(separator: ",")
        let rest = selector.ranges.count > 2 ? ",…" : ""
        return (selector.isNegated ? "!" : "") + shown + rest
    }

    private static func target(_ effect: FilterEffect?) -> String {
        switch effect {
        case .accept: "accept"
        case .drop: "drop"
        case .return: "return"
        case .jump(let chain): chain
        case .goto(let chain): chain
        case .masquerade: "masquerade"
        case .snat, .netmap: "snat"
        case .dnat: "dnat"
        case .firstOf(let rules):
            rules.contains { $0.effect.translatesSource } ? "snat" : "vmap"
        case .unknown(let words): words
        case .nothing, nil: ""
        }
    }
}
