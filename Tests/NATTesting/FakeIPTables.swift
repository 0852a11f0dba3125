import NATHost
import NATModel

extension FakeBox {
    /// `iptables-…`; `nil` for words that natdeck never says.
    mutating func iptables(_ words: [String], _ backend: NATBackend) -> CommandReply? {
        if words == ["-t", "nat", "-nvxL"] {
            let text = FakeReplies.listing(nat[backend] ?? Self.emptyChains)
            return CommandReply(output: Array(text.utf8))
        }
        if words == ["-t", "filter", "-nvxL"] {
            let text = FakeReplies.listing([
                NATChain(name: "FORWARD", policy: "ACCEPT", packets: 0, bytes: 0)
            ])
            return CommandReply(output: Array(text.utf8))
        }
        var words = words
        // Old ones take no time for the wait, or know no wait.
        if words.first == "-w" { words.removeFirst(words.prefix(2) == ["-w", "5"] ? 2 : 1) }
        words = ["-w", "5"] + words
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

extension FakeHost.State {
    /// `iptables-…-restore --noflush`: all the lines or none of them, each of which is a change.
    mutating func restore(
        _ command: Command, _ input: String, _ deadline: Duration
    ) throws(CommandFailure) -> CommandReply {
        let backend: NATBackend = command.program.contains("legacy") ? .legacy : .nfTables
        let lines = input.split(separator: "\n").map(String.init)
        guard command.arguments.last == "--noflush", lines.first == "*nat", lines.last == "COMMIT"
        else {
            unknown.append(command)
            return CommandReply(status: 127, error: "unknown to the fake host: \(command)")
        }
        var after = box
        var fault: FakeHost.Fault?
        for line in lines.dropFirst().dropLast() where fault == nil {
            fault = beginChange("\(command.program): \(line)")
            let words = ["-t", "nat"] + line.split(separator: " ").map(String.init)
            guard let reply = after.iptables(words, backend), reply.status == 0 else {
                return CommandReply(status: 1, error: "\(command.program): line failed: \(line)")
            }
        }
        switch fault {
        case .refused: return CommandReply(status: 4, error: "told to fail")
        case .hungBefore: throw .tooSlow(command, deadline: deadline)
        case .hungAfter:
            box = after
            throw .tooSlow(command, deadline: deadline)
        case .diedAfter:
            box = after
            return CommandReply(status: 137)
        case nil:
            box = after
            return CommandReply()
        }
    }
}
