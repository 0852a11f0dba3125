public import NATModel

extension Step.Action: CustomStringConvertible {
    /// The line a person would type in a POSIX shell to do the same.
    public var description: String {
        switch self {
        case .write(let path, let contents):
            let lines = contents.split(separator: "\n").map { Command.quoted(String($0)) }
            return "printf '%s\\n' \(lines.joined(separator: " ")) > \(Command.quoted(path))"
        case .setGate(let gate):
            guard let gate, !gate.isEmpty else { return "nft delete table ip \(Gate.table)" }
            let kept = gate.entries.map { "\(list($0.sources)) by \($0.egress)" }
            let given = (gate.addresses?.entries ?? []).map {
                "\(list($0.sources)) leave by \($0.egress.words)"
            }
            let marks = gate.marks.map { "connections keep \($0.words)" }
            let map = gate.map.map { map in
                "a map marks \(map.count) source\(map.count == 1 ? "" : "s")"
            }
            return "nft -f -  # table ip \(Gate.table): "
                + (given + kept + [marks, map].compactMap(\.self)).joined(separator: "; ")
        case .markConnections(let marks) where marks.isByTable:
            return "# table ip \(Gate.table) marks each of them with its next packet"
        case .markConnections(let marks):
            let commands = marks.egresses.flatMap { egress in
                marks.sources.prefix(4).flatMap { source in
                    egress.addresses.map { address in
                        Command(
                            "conntrack", "-U", "-s", source.description, "-q",
                            address.description, "-m", egress.mark.description
                        ).description
                    }
                }
            }
            let count = marks.egresses.reduce(0) { $0 + $1.addresses.count } * marks.sources.count
            return count <= 4
                ? commands.joined(separator: "; ")
                : commands.prefix(3).joined(separator: "; ") + "; # and \(count - 3) more"
        case .forgetMarks(let mask):
            return Command(
                "conntrack", "-U", "-m", PacketMark(0, mask: mask).description
            ).description
        case .remove(let path): return "rm \(Command.quoted(path))"
        case .keep(let change): return "editor \(SavedAssignment.path)  # \(change.words)"
        default: return command?.description ?? ""
        }
    }

    /// The command that does the same; `nil` for what is done to a file.
    public var command: Command? {
        switch self {
        case .routing(let change): change.command
        case .addMasquerade(let rule, _) where rule.isOfNFT: rule.nftAdd
        case .deleteMasquerade(let rule) where rule.isOfNFT: rule.nft("delete")
        case .addMasquerade(let rule, nil): rule.command(["-A", "POSTROUTING"])
        case .addMasquerade(let rule, let position?):
            rule.command(["-I", "POSTROUTING", "\(position)"])
        case .deleteMasquerade(let rule): rule.command(["-D", "POSTROUTING"])
        case .setParameter(let name, let value):
            Command("sysctl", "-q", "-w", "\(SysctlName(dotted: name).spelling)=\(value)")
        case .endFlows(let selection): selection.deletion
        case .cloud(let change): change.command
        case .steer(let change): Command("nft", change.words)
        case .setGate, .markConnections, .forgetMarks, .write, .remove, .keep: nil
        }
    }
}

extension MapChange {
    /// What nft(8) takes to do the same, in one transaction.
    fileprivate var words: String {
        func map(_ source: IPv4Prefix) -> String {
            "ip \(Gate.table) \(SourceMap.table(ofLength: source.length))"
        }
        switch self {
        case .entry(let source, let before, let after):
            let deletion = before.map { _ in "delete element \(map(source)) { \(source) }" }
            let addition = after.map {
                "add element \(map(source)) { \(source) : goto \(SourceMap.chain(of: $0)) }"
            }
            return [deletion, addition].compactMap(\.self).joined(separator: "; ")
        case .cover(let network, let isAdded):
            return "\(isAdded ? "add" : "delete") element ip \(Gate.table) \(SourceMap.covered)"
                + " { \(network) }"
        }
    }
}

extension ConnectionMarks {
    /// What they do, in a few words.
    fileprivate var words: String {
        marked.map { "\($0.egress) as \($0.mark)" }.joined(separator: ", ")
    }
}

extension Masquerade {
    /// How long iptables may wait for the xtables lock, in seconds.
    private static let lockSeconds = 5

    /// What iptables takes after the chain. Source: iptables(8).
    public var words: [String] {
        [
            "-s", source.description, "-o", interface,
            "-m", "comment", "--comment", Ownership.comment, "-j", "MASQUERADE",
        ]
    }

    /// Whether it is an element of the set of our own table of nftables.
    fileprivate var isOfNFT: Bool { program == NATRuleSet.nft }

    /// Has the element be there; with it, in one transaction, all that makes it work.
    fileprivate var nftAdd: Command {
        Command(
            NATRuleSet.nft, (NFTMasquerade.table + [nftElement("add")]).joined(separator: "; "))
    }

    fileprivate func nft(_ verb: String) -> Command { Command(NATRuleSet.nft, nftElement(verb)) }

    /// A command of nft(8) about the element that it is.
    func nftElement(_ verb: String) -> String {
        "\(verb) element ip \(Ownership.nftTable) \(Ownership.nftSet)"
            + " { \(source) . \"\(interface)\" }"
    }

    fileprivate func command(_ verb: [String]) -> Command {
        Command([program, "-w", "\(Self.lockSeconds)", "-t", "nat"] + verb + words)
    }
}
