import NATModel

/// Reads the expressions of one rule: what it means, and how nft(8) writes it.
///
/// An expression that is not understood is a match natdeck cannot decide, never one passed over.
struct NFTRuleReader {
    let names: NFTNames
    /// The sets of the rule's table, by name.
    let sets: [String: NFTSet]

    var matches: [FilterMatch] = []
    private(set) var effect: FilterEffect?
    /// How many of the matches come before the effect: the kernel asks none behind it.
    private var asked: Int?
    /// What it does before, after which the rule goes on, and how many of the matches come before
    /// that.
    private var asides: [(asked: Int, effect: FilterEffect)] = []
    private var words: [String] = []
    private var counter: (packets: UInt64, bytes: UInt64)?
    /// What the registers hold, by the words of four bytes they begin at.
    var registers: [Int: NFTField] = [:]
    /// A match that the next one implies: `meta l4proto tcp` before `tcp dport`.
    var dependency: (text: String, layer: Int)?
    /// The transport protocol that the rule asks for; `nil` for any, or several.
    var transport: UInt8?
    var comment: String?

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
        let matches = Array(matches.prefix(asked ?? matches.count))
        return NATRule(
            nft: words.joined(separator: " ").strippedOfControls, meaning: meaning(matches),
            columns: NFTColumns(
                matches, effect ?? asides.lazy.map(\.effect).first { $0 == .untrack }),
            counter: counter)
    }

    private func meaning(_ matches: [FilterMatch]) -> FilterRule {
        var rest = FilterRule(matches, effect ?? .nothing)
        for aside in asides.reversed() where aside.asked <= rest.matches.count {
            let then = FilterRule(Array(rest.matches.dropFirst(aside.asked)), rest.effect)
            rest = FilterRule(
                Array(rest.matches.prefix(aside.asked)),
                then.effect == .nothing
                    ? aside.effect : .firstOf([FilterRule([], aside.effect), then]))
        }
        return rest
    }

    private mutating func take(_ expression: NFTExpression) {
        let fields = expression.fields
        switch expression.name {
        case "meta": meta(fields)
        case "payload": payload(fields)
        case "ct": ct(fields)
        case "fib": fib(fields)
        case "rt":
            let words = fields.number(2) == 5 ? "rt ipsec" : "rt"
            load(fields, 1, NFTField(kind: .other, words: words, length: 4))
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
            counter = (fields.unsigned(2) ?? 0, fields.unsigned(1) ?? 0)
            // Its figures stand in columns: a plan that names the rule stays the same plan.
            say("counter")
        case "limit": undecided(limit(fields))
        case "quota": undecided("quota")
        case "connlimit": undecided("ct count over \(fields.number(1) ?? 0)")
        case "log": say(log(fields))
        case "notrack":
            say("notrack")
            goesOn(.untrack)
        case "dup", "flow_offload": say(statement(expression.name))
        case "dynset":
            // What it adds may not fit in any more, or a limit of the element may be reached.
            undecided("\(fields.number(3) == 1 ? "update" : "add") @\(fields.text(1) ?? "")")
        case "objref": objref(fields)
        case "masq": ends(.masquerade, masquerade(fields))
        case "nat": nat(fields)
        case "redir": ends(.dnat([]), "redirect" + port(fields, 1))
        // Another device sends it, past all that comes after.
        case "fwd": ends(.unknown("fwd"), "fwd")
        case "tproxy": ends(.dnat([]), "tproxy")
        case "reject": ends(.drop, reject(fields))
        case "queue": ends(.unknown("queue"), "queue to \(fields.number(1) ?? 0)")
        case "synproxy": ends(.unknown("synproxy"), "synproxy")
        case "match": compatMatch(fields)
        case "target": compatTarget(fields)
        default: undecided(expression.name)
        }
    }

    // MARK: words and ends

    mutating func say(_ text: String) {
        sayDependency()
        words.append(text)
    }

    mutating func sayDependency() {
        if let dependency { words.append(dependency.text) }
        dependency = nil
    }

    mutating func undecided(_ text: String) {
        say(text)
        matches.append(.undecided(text))
    }

    /// The rule does this with what has matched so far.
    ///
    /// Whatever stands behind it is never reached: a map that finds nothing ends the rule too. See
    /// nft_do_chain in the kernel.
    mutating func ends(_ effect: FilterEffect, _ text: String) {
        say(text)
        guard self.effect == nil else { return }
        self.effect = effect
        asked = matches.count
    }

    /// The rule does this with what has matched so far, and goes on.
    mutating func goesOn(_ effect: FilterEffect) {
        if self.effect == nil { asides.append((matches.count, effect)) }
    }

    private func statement(_ name: String) -> String {
        name == "flow_offload" ? "flow add" : name
    }

    // MARK: registers

    /// A register's first word of four bytes: 1…4 are of 16 bytes, 8 and more of four.
    func place(_ register: Int) -> Int {
        register >= 8 ? register - 8 : (register - 1) * 4
    }

    mutating func load(_ fields: NFTFields, _ attribute: Int, _ field: NFTField) {
        guard let register = fields.number(attribute) else { return undecided(field.words) }
        registers[place(register)] = field
    }

    func field(_ fields: NFTFields, _ attribute: Int) -> NFTField? {
        fields.number(attribute).flatMap { registers[place($0)] }
    }
}
