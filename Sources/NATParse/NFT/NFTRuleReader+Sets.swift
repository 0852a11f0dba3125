import NATModel

// What a rule looks up in sets and maps, and the constants and verdicts it names itself.
extension NFTRuleReader {
    mutating func lookUp(_ fields: NFTFields) {
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
            // What has no key in the map goes no further in this rule.
            matches.append(set.match(keys, isNegated: false, names: names))
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

    mutating func immediate(_ fields: NFTFields) {
        guard let register = fields.number(1), let data = fields.fields(2) else {
            return undecided("immediate")
        }
        if register == 0, let verdict = NFTVerdict(data.fields(2)) {
            return ends(verdict.effect, verdict.words)
        }
        let value = data[1].map(Array.init) ?? []
        var field = NFTField(kind: .constant(value), words: "", length: value.count)
        if value.count == 4 { field.markBits = MarkChange(turned: value[...].number32) }
        registers[place(register)] = field
    }

    func valueText(_ field: NFTField) -> String {
        guard case .constant(let value) = field.kind else { return field.words }
        let digits = String(value[...].number(4), radix: 16)
        return "0x" + String(repeating: "0", count: max(8 - digits.count, 0)) + digits
    }
}
