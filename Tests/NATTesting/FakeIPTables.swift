import NATHost
import NATModel

extension FakeBox {
    /// `iptables-…`; `nil` for words that natdeck never says.
    mutating func iptables(_ words: [String], _ backend: NATBackend) -> CommandReply? {
        if words == ["-t", "nat", "-nvxL"] {
            let text = FakeReplies.listing(nat[backend] ?? Self.emptyChains)
            return CommandReply(output: Array(text.utf8))
        }
        guard words.prefix(4) == ["-w", "5", "-t", "nat"], words.count > 6,
            words[5] == "POSTROUTING"
        else { return nil }
        var rest = words.dropFirst(6)
        var position: Int?
        if words[4] == "-I" {
            guard let first = rest.popFirst(), let number = Int(first) else { return nil }
            position = number
        }
        guard let rule = Self.natRule(rest) else { return nil }
        var chains = nat[backend] ?? Self.emptyChains
        guard let chain = chains.firstIndex(where: { $0.name == "POSTROUTING" }) else {
            return nil
        }
        switch words[4] {
        case "-C":
            let isThere = chains[chain].rules.contains {
                var counted = $0
                counted.packets = 0
                counted.bytes = 0
                return counted == rule
            }
            return isThere ? CommandReply() : Self.noSuchRule
        case "-A": chains[chain].rules.append(rule)
        case "-I":
            guard let position, (1...chains[chain].rules.count + 1).contains(position) else {
                return CommandReply(status: 1, error: "iptables: Index of insertion too big.")
            }
            chains[chain].rules.insert(rule, at: position - 1)
        case "-D":
            let index = chains[chain].rules.firstIndex {
                var counted = $0
                counted.packets = 0
                counted.bytes = 0
                return counted == rule
            }
            guard let index else { return Self.noSuchRule }
            chains[chain].rules.remove(at: index)
        default: return nil
        }
        nat[backend] = chains
        return CommandReply()
    }

    private static let noSuchRule = CommandReply(
        status: 1, error: "iptables: Bad rule (does a matching rule exist in that chain?).")

    private static func natRule(_ words: ArraySlice<String>) -> NATRule? {
        let words = Array(words)
        guard words.count == 10, words[0] == "-s", words[2] == "-o",
            words[4...6] == ["-m", "comment", "--comment"], words[8...9] == ["-j", "MASQUERADE"],
            let source = IPv4Prefix(words[1])
        else { return nil }
        return NATRule(
            target: "MASQUERADE", output: words[3], source: source.description,
            extra: "/* \(words[7]) */")
    }
}
