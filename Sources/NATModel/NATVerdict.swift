/// What a nat table does to the source address of packets that go outside.
public enum NATVerdict: Hashable, Sendable {
    /// This rule translates it.
    case translated(by: NATRule)
    /// This rule lets it pass as it is.
    case exempt(by: NATRule)
    /// No rule is sure to match.
    case notCovered

    /// Whether a rule translates it.
    public var isTranslation: Bool {
        if case .translated = self { true } else { false }
    }
}

extension NATRuleSet {
    /// What happens to a packet from `source` that leaves by `output` for the outside world.
    ///
    /// A rule that looks at more than addresses and interfaces (protocol, mark, a match) decides
    /// for some packets only, and so neither covers nor exempts. For many sources make a
    /// `NATRuleIndex` once.
    public func verdict(on source: IPv4Prefix, leavingBy output: String) -> NATVerdict {
        let walk = NATWalk(source: source, output: output) { name in
            chain(name).map { ($0.policy, $0.rules) }
        }
        return walk.verdict
    }
}

/// The way of one kind of packet through the chains.
struct NATWalk {
    let source: IPv4Prefix
    let output: String
    /// A chain's policy and the rules that may match, in order; `nil` where there is none.
    let chain: (String) -> (policy: String?, rules: [NATRule])?

    private enum End {
        case decided(NATVerdict)
        case fellThrough
        case returned
    }

    var verdict: NATVerdict {
        switch walk("POSTROUTING", depth: 0) {
        case .decided(let verdict): verdict
        case .fellThrough, .returned: .notCovered
        }
    }

    private func walk(_ name: String, depth: Int) -> End {
        // The kernel refuses loops; the bound guards against a listing that was cut together.
        guard depth < 64, let chain = chain(name) else { return .fellThrough }
        for rule in chain.rules where rule.match(source: source, output: output) == .always {
            switch rule.target {
            case _ where rule.translatesSource: return .decided(.translated(by: rule))
            case "ACCEPT", "DROP": return .decided(.exempt(by: rule))
            case "RETURN":
                return chain.policy == nil ? .returned : .decided(.exempt(by: rule))
            case "": continue
            default:
                let inner = walk(rule.target, depth: depth + 1)
                if case .decided = inner { return inner }
                if rule.extra.hasPrefix("[goto]") { return .fellThrough }
            }
        }
        return .fellThrough
    }
}

/// Whether a rule matches every packet of a kind, some of them, or none.
public enum RuleMatch: Hashable, Sendable {
    /// Every packet.
    case always
    /// Some packets, or it cannot be told.
    case sometimes
    /// No packet.
    case never
}

extension NATRule {
    /// Whether it matches packets from `source` that leave by `output` for the outside world.
    public func match(source wanted: IPv4Prefix, output wantedOutput: String) -> RuleMatch {
        // Most rules of a long table are about another interface or another source.
        if Self.match(interface: output, wantedOutput) == .never { return .never }
        let source = matchSource(wanted)
        if source == .never { return .never }
        let outside = matchOutside()
        if outside == .never { return .never }
        let looksAtNothingElse =
            (proto == "all" || proto == "0") && options == "--" && input == "*"
            && !hasOtherMatches
        return source == .always && outside == .always && looksAtNothingElse
            ? .always : .sometimes
    }

    /// Whether its interface column matches `name`: `*`, a name, `eth+`, each with `!` before it.
    public static func match(interface pattern: String, _ name: String) -> RuleMatch {
        if pattern == "*" { return .always }
        let isNegated = pattern.hasPrefix("!")
        let body = isNegated ? pattern.dropFirst() : pattern[...]
        let matches = body.hasSuffix("+") ? name.hasPrefix(body.dropLast()) : name == body
        return matches != isNegated ? .always : .never
    }

    private func matchSource(_ wanted: IPv4Prefix) -> RuleMatch {
        let isNegated = source.hasPrefix("!")
        guard let prefix = IPv4Prefix(isNegated ? source.dropFirst() : source[...]) else {
            // A mask with holes (10.0.0.0/255.0.255.0) selects some addresses of a network.
            return .sometimes
        }
        if prefix.contains(wanted) { return isNegated ? .never : .always }
        if !prefix.overlaps(wanted) { return isNegated ? .always : .never }
        return .sometimes
    }

    /// `! -d 172.31.0.0/16` matches all that goes outside, `-d 10.0.0.0/8` nothing of it.
    private func matchOutside() -> RuleMatch {
        let isNegated = destination.hasPrefix("!")
        guard let prefix = IPv4Prefix(isNegated ? destination.dropFirst() : destination[...]) else {
            return .sometimes
        }
        switch prefix.isOutside {
        case .always: return isNegated ? .never : .always
        case .never: return isNegated ? .always : .never
        case .sometimes: return .sometimes
        }
    }

    /// Whether it looks at more than the columns say. Comments and what the target does with the
    /// packet stand in the same free text, and match nothing.
    private var hasOtherMatches: Bool {
        var text = extra[...]
        if text.hasPrefix("[goto]") { text = text.dropFirst(6) }
        text = text.drop { $0 == " " }
        // A comment ends where it first can. One that holds `*/` itself is taken for a match, which
        // at worst makes a rule that was not needed; a match taken for a comment would hide it.
        while text.hasPrefix("/*"), let end = text.firstRange(of: "*/") {
            text = text[end.upperBound...].drop { $0 == " " }
        }
        let words = text.split(separator: " ")
        guard let first = words.first else { return false }
        guard translatesSource else { return true }
        return
            !(first.hasPrefix("to:") || first == "random" || first == "random-fully"
            || first == "persistent" || text.hasPrefix("masq ports:"))
    }
}
