import NATTesting

/// Random rules of a nat table, as `iptables-restore -c` reads them.
struct RandomRules {
    private var random: SeededRandom

    init(seed: UInt64) { random = SeededRandom(seed: seed) }

    private static let userChains = ["DOCKER", "MINE_1", "odd-name.x"]

    mutating func text(_ count: Int) -> String {
        var lines = ["*nat"]
        for name in ["PREROUTING", "INPUT", "OUTPUT", "POSTROUTING"] {
            lines.append(":\(name) ACCEPT [0:0]")
        }
        lines += Self.userChains.map { ":\($0) - [0:0]" }
        for _ in 0..<count { lines.append(rule()) }
        return (lines + ["COMMIT", ""]).joined(separator: "\n")
    }

    private mutating func rule() -> String {
        let chain = random.pick(["PREROUTING", "OUTPUT", "POSTROUTING", "POSTROUTING", "INPUT"])
        let isUser = random.oneIn(6)
        var words = ["[\(counter()):\(counter())]", "-A", isUser ? "MINE_1" : chain]
        if random.oneIn(2) { words += negated(["-s", network()]) }
        if random.oneIn(3) { words += negated(["-d", network()]) }
        let names = ["eth0", "eth+", "lo", "wlan0.100", "a-very-long-nic"]
        if random.oneIn(3), !isUser, chain == "PREROUTING" || chain == "INPUT" {
            words += negated(["-i", random.pick(names)])
        }
        if random.oneIn(2), !isUser, chain == "POSTROUTING" || chain == "OUTPUT" {
            words += negated(["-o", random.pick(names)])
        }
        let proto = random.pick(["", "", "tcp", "udp", "icmp", "132", "47"])
        if !proto.isEmpty {
            words += random.oneIn(5) ? ["!", "-p", proto] : ["-p", proto]
        }
        if random.oneIn(4) { words += ["-m", "mark", "--mark", "0x10/0xff"] }
        if random.oneIn(8) {
            let text = random.pick(["/*", "/* open", "*/", "a \\\"b /* c"])
            words += ["-m", "string", "--algo", "bm", "--string", "\"\(text)\""]
        }
        if random.oneIn(3) {
            let comment = random.pick([
                "natdeck", "two words", "the end */ of it", "fe80::1/64", "(policy ACCEPT",
                "it's", "ünïcode", "-s 10.0.0.0/8 -j ACCEPT", "K 5M",
            ])
            words += ["-m", "comment", "--comment", "\"\(comment)\""]
        }
        return (words + target(isUser ? "MINE_1" : chain)).joined(separator: " ")
    }

    private mutating func target(_ chain: String) -> [String] {
        let common = [
            [], ["-j", "RETURN"], ["-j", "ACCEPT"], ["-j", "DOCKER"], ["-g", "DOCKER"],
        ]
        switch chain {
        case "POSTROUTING":
            return random.pick(
                common + [
                    ["-j", "MASQUERADE"], ["-j", "MASQUERADE", "--random"], ["-j", "MASQUERADE"],
                    ["-j", "SNAT", "--to-source", "203.0.113.7-203.0.113.9"], ["-j", "MINE_1"],
                ])
        case "PREROUTING", "OUTPUT":
            return random.pick(
                common + [
                    ["-j", "DNAT", "--to-destination", "10.0.0.2"], ["-j", "REDIRECT"],
                    ["-j", "odd-name.x"],
                ])
        default: return random.pick(common)
        }
    }

    private mutating func negated(_ words: [String]) -> [String] {
        random.oneIn(4) ? ["!"] + words : words
    }

    private mutating func network() -> String {
        let length = Int.random(in: 1...32, using: &random)
        let bits = UInt32.random(in: .min ... .max, using: &random) & (.max << UInt32(32 - length))
        let parts = [24, 16, 8, 0].map { "\(bits >> UInt32($0) & 255)" }
        return parts.joined(separator: ".") + "/\(length)"
    }

    private mutating func counter() -> UInt64 {
        random.next() >> UInt64.random(in: 0..<64, using: &random)
    }
}
