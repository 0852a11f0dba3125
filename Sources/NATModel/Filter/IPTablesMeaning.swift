/// What the printed columns of an iptables row mean.
///
/// What stands behind the destination is free text: matches, comments, and what the target does.
/// Text that is not understood is a match that natdeck cannot decide, never one passed over.
struct IPTablesMeaning {
    /// The target column; empty for a rule that only counts.
    let target: String
    /// The text behind the destination.
    private let all: ArraySlice<Substring>
    /// What is left of it.
    private var words: ArraySlice<Substring>
    private var matches: [FilterMatch] = []
    private var isGoto = false

    /// The meaning of the text behind the destination, for this target.
    ///
    /// A comment ends where it first can. One that holds `*/` itself leaves words that are taken
    /// for a match natdeck cannot decide.
    init(extra: String, target: String) {
        self.target = target
        words = extra.split(separator: " ")[...]
        all = words
        if words.first == "[goto]" {
            isGoto = true
            words = words.dropFirst()
        }
        while !words.isEmpty, !beginsTarget {
            if takeComment() { continue }
            guard takeMatch() else {
                // What translates says behind all matches to which address.
                let end = translates ? words.lastIndex { $0.hasPrefix("to:") } : nil
                matches.append(
                    .undecided(words[..<(end ?? words.endIndex)].joined(separator: " ")))
                words = words[(end ?? words.endIndex)...]
                break
            }
        }
        options = words
    }

    /// What stands behind the matches: what the target does with the packet.
    private(set) var options: ArraySlice<Substring> = []

    /// The matches in the text.
    var extraMatches: [FilterMatch] { matches }

    /// What the rule does.
    var effect: FilterEffect {
        switch target {
        case "SNAT", "SAME": .snat(addresses)
        case "DNAT": .dnat(addresses)
        case "NETMAP":
            options.first { $0.hasPrefix("to:") }.flatMap { IPv4Prefix($0.dropFirst(3)) }
                .map(FilterEffect.netmap) ?? .snat([])
        case "CT" where options.contains { $0.lowercased() == "notrack" }: .untrack
        // Its answers have to come to the same zone.
        case "CT" where options.contains("zone"): .unknown("CT zone")
        case "MARK", "CONNMARK":
            MarkChange(
                target: target, words: all[(all.lastIndex(of: target[...]) ?? all.endIndex)...]
            )
            .map(FilterEffect.mark) ?? .anyMark
        case "SET" where options.contains("map-mark"): .mark(.unknown)
        default: FilterEffect(target: target) ?? (isGoto ? .goto(target) : .jump(target))
        }
    }

    /// `to:172.31.8.209`, `to:10.0.0.1-10.0.0.4:1024-65535`; none where it is not understood.
    private var addresses: [IPv4Range] {
        options.filter { $0.hasPrefix("to:") }.compactMap { word in
            let ends = word.dropFirst(3).prefix { $0 != ":" }.split(separator: "-")
            guard let first = ends.first.flatMap({ IPv4Address($0) }),
                let last = ends.last.flatMap({ IPv4Address($0) })
            else { return nil }
            return IPv4Range(first, last)
        }
    }

    /// Whether the target is one that names an address to translate to.
    private var translates: Bool { ["SNAT", "SAME", "NETMAP", "DNAT"].contains(target) }

    /// Whether the words that are left say what the target does.
    private var beginsTarget: Bool {
        guard let first = words.first else { return false }
        switch target {
        case "MASQUERADE", "SNAT", "SAME", "NETMAP", "DNAT", "REDIRECT":
            return first.hasPrefix("to:") || first.hasPrefix("random") || first == "persistent"
                || first == "masq" || first == "redir"
        case "REJECT": return first == "reject-with"
        // What these do to a packet, its way does not depend on.
        case "NOTRACK": return first == target
        case _ where FilterEffect.passing.contains(target): return first == target
        default: return false
        }
    }

    /// Takes a comment; `false` where none begins here.
    private mutating func takeComment() -> Bool {
        guard let first = words.first, first.hasPrefix("/*") else { return false }
        let text = words.dropFirst()
        guard
            let end = first.count > 3 && first.hasSuffix("*/")
                ? words.startIndex : text.firstIndex(where: { $0.hasSuffix("*/") })
        else { return false }
        words = words[(end + 1)...]
        return true
    }

    /// Takes one match of which it is known where it ends; `false` where that is not known.
    private mutating func takeMatch() -> Bool {
        var words = words
        func isNegated() -> Bool {
            guard words.first == "!" else { return false }
            words = words.dropFirst()
            return true
        }
        func next() -> Substring? { words.popFirst() }
        let isInverted = isNegated()
        guard let name = next() else { return false }
        let taken: [FilterMatch]?
        switch (name, words.first) {
        case ("ctstate", _), ("state", _):
            taken = next().flatMap(Self.states).map { [.state($0, isNegated: isInverted)] }
        case ("ADDRTYPE", "match"):
            words = words.dropFirst()
            taken = Self.addressTypes(&words)
        case ("owner", _):
            // A forwarded packet has no socket: only what asks for none of these matches.
            var holds = isInverted
            words = self.words
            while words.first == "owner" || words.starts(with: ["!", "owner"]) {
                holds = holds && isNegated()
                words = words.drop { $0 == "!" }.dropFirst()
                words = words.first == "socket" ? words.dropFirst(2) : words.dropFirst(3)
            }
            taken = [.fixed(holds)]
        case ("mark", "match"):
            words = words.dropFirst()
            let isNegated = isNegated()
            taken = next().flatMap { Self.mark($0, isNegated: isNegated) }.map { [$0] }
        case ("source", "IP"), ("destination", "IP"):
            words = words.dropFirst(2)
            let isNegated = isNegated()
            taken = next().flatMap { Self.range($0, of: name, isNegated) }.map { [$0] }
        case ("tcp", _), ("udp", _), ("sctp", _), ("dccp", _), ("udplite", _):
            // `tcp` alone, or with `spt:1`, `dpts:!1:2`, `flags:0x17/0x02`, `option=3`.
            words = words.drop { word in
                ["spt", "dpt", "flags:", "option=", "!option=", "flags:!"].contains {
                    word.hasPrefix($0)
                }
            }
            taken = Self.tcp(self.words, upTo: words)
        case ("rpfilter", _):
            let flags = words.prefix {
                ["loose", "validmark", "accept-local", "invert"].contains($0)
            }
            words = words.dropFirst(flags.count)
            taken = [
                .wayBack(isStrict: !flags.contains("loose"), isThere: !flags.contains("invert"))
            ]
        case ("policy", "match"):
            taken = Self.policy(&words)
        case ("multiport", _):
            _ = isNegated()
            words = words.dropFirst()
            _ = isNegated()
            words = words.dropFirst()
            taken = [.undecided(Self.text(self.words, upTo: words))]
        case ("limit:", "avg"):
            words = words.dropFirst(2)
            if words.first == "burst" { words = words.dropFirst(2) }
            taken = [.undecided(Self.text(self.words, upTo: words))]
        case ("connmark", "match"):
            words = words.dropFirst()
            let isNegated = isNegated()
            taken = next().flatMap { Self.connectionMark($0, isNegated: isNegated) }.map { [$0] }
        case ("statistic", "mode"):
            taken = nil
        case (_, _) where name == "match-set" || name == "icmptype" || name == "helper":
            words = words.dropFirst(name == "match-set" ? 2 : 1)
            taken = [.undecided(Self.text(self.words, upTo: words))]
        default: taken = nil
        }
        guard let taken, words.startIndex > self.words.startIndex else { return false }
        matches += taken
        self.words = words
        return true
    }

    static func text(
        _ all: ArraySlice<Substring>, upTo rest: ArraySlice<Substring>
    ) -> String {
        all[..<rest.startIndex].joined(separator: " ")
    }
}

extension FilterRule {
    /// What the columns of an iptables row say, in words such as `! -d 10.0.0.0/8`.
    init(
        target: String, proto: String, options: String, input: String, output: String,
        source: String, destination: String, extra: String
    ) {
        var matches: [FilterMatch] = []
        if output != "*" { matches.append(.output(InterfaceSelector(column: output))) }
        if source != "0.0.0.0/0" {
            matches.append(Self.address(source, FilterMatch.source, "source"))
        }
        if destination != "0.0.0.0/0" {
            matches.append(Self.address(destination, FilterMatch.destination, "destination"))
        }
        if input != "*" { matches.append(.input(InterfaceSelector(column: input))) }
        if proto != "all", proto != "0" { matches.append(.transport(proto)) }
        // Conntrack has put fragments together before any rule sees them.
        if options == "-f" || options == "!f" { matches.append(.undecided("fragments")) }
        let meaning = IPTablesMeaning(extra: extra, target: target)
        self.init(matches + meaning.extraMatches, meaning.effect)
    }

    /// A mask with holes (10.0.0.0/255.0.255.0) selects some addresses of a network.
    private static func address(
        _ column: String, _ match: (AddressSelector) -> FilterMatch, _ name: String
    ) -> FilterMatch {
        let isNegated = column.hasPrefix("!")
        guard let prefix = IPv4Prefix(isNegated ? column.dropFirst() : column[...]) else {
            return .undecided("\(name) \(column)")
        }
        return match(AddressSelector(prefix, isNegated: isNegated))
    }
}
