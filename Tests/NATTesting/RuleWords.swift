/// What ip(8) prints of a policy rule, held against what natdeck says of it.
package enum RuleWords {
    /// Whether a line of `ip -N rule show`, such as `100:	from all lookup 254`, says the same of a
    /// rule as these words of ours do in another order.
    package static func areSame(_ priority: Int, _ words: String, as line: String) -> Bool {
        let parts = line.split(separator: ":", maxSplits: 1)
        guard parts.count == 2, Int(parts[0]) == priority else { return false }
        return plain(String(parts[1])) == plain(words)
    }

    /// The words without what is a matter of spelling.
    private static func plain(_ text: String) -> Set<String> {
        let words = text.split { $0 == " " || $0 == "\t" || $0 == "[" || $0 == "]" }
        return Set(words.map { spelling["\($0)"] ?? "\($0)" }).subtracting(["l3mdev"])
    }

    /// iproute2's numbers, and words that say the same.
    private static let spelling = [
        "255": "local", "254": "main", "253": "default", "6": "blackhole", "7": "unreachable",
        "8": "prohibit", "ipproto-6": "blackhole", "ipproto-17": "17", "ipproto-132": "132",
        "iif_detached": "detached", "oif_detached": "detached", "0x0/0x3": "0/0x3",
    ]
}
