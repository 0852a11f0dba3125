import NATModel

// What a rule compares with the contents of registers.
extension NFTRuleReader {
    mutating func compare(_ fields: NFTFields) {
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
    mutating func takeRange(_ fields: NFTFields, _ next: NFTExpression) -> Bool {
        guard next.name == "cmp", fields.number(2) == 5, next.fields.number(2) == 3,
            fields.number(1) == next.fields.number(1), let field = field(fields, 1),
            let first = fields.data(3), let last = next.fields.data(3)
        else { return false }
        add(field, first, last, isNegated: false)
        return true
    }

    mutating func range(_ fields: NFTFields) {
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
        if field.words == "tcp flags", let mask = field.mask, first.contains(where: { $0 != 0 }) {
            return "\(field.words) \(isNegated ? "!= " : "")\(flags(field, first))"
                + " / \(flags(field, mask))"
        }
        if field.words == "ct status" || field.words == "tcp flags", let mask = field.mask {
            return "\(field.words) \(isNegated ? "" : "! ")\(flags(field, mask))"
        }
        var asksForWay = false
        if case .wayBack = field.kind { asksForWay = true }
        if case .other = field.kind, field.words.hasPrefix("fib ") {
            asksForWay = !field.words.hasSuffix("name")
        }
        if asksForWay {
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
}
