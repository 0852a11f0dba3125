/// The way of one kind of packet through a base chain and the chains it jumps to, as the kernel
/// goes: nft_do_chain and ipt_do_table.
///
/// A rule that is sure to match ends the walk; one that may match adds what it would do, and the
/// walk goes on.
struct FilterWalk {
    /// The packet, with the marks that it has by now.
    private var packet: ForwardedPacket
    private let base: FilterBase
    private let chains: [String: FilterIndex.Chain]

    /// All that may become of the packet, each end once, with the rule that comes first.
    private(set) var outcomes: [FilterOutcome] = []
    /// The first rules of which it is not known whether they match, and on which it depends.
    private(set) var doubts: [FilterCause] = []
    /// Whether packets may come to the end of the base chain, where a rule that is appended would be
    /// asked.
    private(set) var reachesEnd = false
    /// The first rule that hides the packet from conntrack, and whether it is sure to.
    private(set) var untracking: (cause: FilterCause, match: RuleMatch)?
    /// The marks of what goes on to other chains; `nil` where nothing does.
    private(set) var marks: PacketMarks?
    /// The chains that were walked, with the marks of what came in, what came back and its marks: to
    /// walk one again would tell nothing new.
    private var known: [String: (into: PacketMarks, back: RuleMatch, out: PacketMarks)] = [:]
    /// How often a chain was walked with other marks than before.
    private var walks: [String: Int] = [:]

    /// How many doubts are named at most.
    static let mostDoubts = 4

    init(packet: ForwardedPacket, base: FilterBase, chains: [String: FilterIndex.Chain]) {
        self.packet = packet
        self.base = base
        self.chains = chains
        if walk(base.chain, depth: 0) != .never {
            add(policy, nil, base.chain)
            if policy.keepsSource { goesOn() }
        }
    }

    /// Some packets leave the chain with the marks they have.
    private mutating func goesOn() { marks = packet.marks.or(marks) }

    private var policy: FilterOutcome.End { base.policy == "DROP" ? .dropped : .passes }

    /// What has become of the packets that came into a chain.
    private struct Stream {
        let chain: String
        let depth: Int
        /// Whether all packets come to the chain.
        var isEntered = true
        /// Whether some may have met their end.
        var isThinned = false
        /// Whether some may have gone back to the caller.
        var hasReturned = false
        /// The marks of those.
        var returned: PacketMarks?

        /// Whether all packets are here.
        var isPlain: Bool { isEntered && !isThinned && !hasReturned }

        /// What comes back where those that are left do.
        var back: RuleMatch { isThinned ? .sometimes : .always }
        /// What comes back where those that are left do not.
        var backOfReturned: RuleMatch { hasReturned ? .sometimes : .never }
    }

    /// - Returns: whether packets come back from the chain, by its end or by a return.
    private mutating func walk(
        _ name: String, depth: Int, isEntered: Bool = true
    ) -> RuleMatch {
        if let known = known[name], known.into == packet.marks {
            packet.marks = known.out
            return known.back
        }
        walks[name, default: 0] += 1
        if walks[name, default: 0] > Self.mostWalks { packet.marks = .unknown }
        let into = packet.marks
        // The kernel refuses loops; the bound guards against a listing that was cut together.
        guard depth < 64, let chain = chains[name] else {
            add(.unknown, nil, name)
            marks = .unknown
            return .sometimes
        }
        var stream = Stream(chain: name, depth: depth, isEntered: isEntered)
        for place in chain.candidates(for: packet.hostAddress ?? .all) {
            let rule = chain.rules[place]
            if let back = take(rule.filter, of: rule, rule.filter.match(packet), &stream) {
                known[name] = (into, back, packet.marks)
                return back
            }
        }
        if depth == 0 { reachesEnd = true }
        packet.marks = packet.marks.or(stream.returned)
        known[name] = (into, stream.back, packet.marks)
        return stream.back
    }

    /// How often a chain is walked before its marks are taken for unknown.
    private static let mostWalks = 8

    /// Nothing goes on here; those that have gone back do with the marks that they had.
    private mutating func leave(_ stream: Stream) -> RuleMatch {
        if let returned = stream.returned { packet.marks = returned }
        return stream.backOfReturned
    }

    /// All that are here go back.
    private mutating func goBack(_ stream: Stream) -> RuleMatch {
        packet.marks = packet.marks.or(stream.returned)
        return stream.back
    }

    /// - Returns: what comes back from the chain, where nothing goes on to the next rule.
    private mutating func take(
        _ filter: FilterRule, of rule: NATRule, _ match: RuleMatch, _ stream: inout Stream
    ) -> RuleMatch? {
        if match == .never { return nil }
        switch filter.effect {
        case .nothing, .clamp: return nil
        case .mark(let change):
            let isTracked = packet.stage.isTracked && packet.isUntracked == .never
            let isSure = match == .always && (isTracked || !change.looksAtConnection)
            let changed = change.applied(to: packet.marks)
            packet.marks = isSure ? changed : changed.or(packet.marks)
            return nil
        case .untrack:
            // In a chain that not all come to nothing is sure.
            let isSure = match == .always && stream.isPlain
            if untracking == nil || (isSure && untracking?.match != .always) {
                untracking = (
                    FilterCause(rule, in: base, chain: stream.chain),
                    isSure ? .always : .sometimes
                )
            }
            return nil
        case .accept: return ends(.passes, rule, match, &stream)
        case .dnat: return ends(.redirected, rule, match, &stream)
        case .drop: return ends(.dropped, rule, match, &stream)
        case .masquerade: return ends(.masqueraded, rule, match, &stream)
        case .snat(let ranges): return ends(.translated(ranges), rule, match, &stream)
        case .netmap(let network): return ends(.mapped(network), rule, match, &stream)
        case .unknown: return mayDoAnything(rule, &stream)
        case .return:
            // From a base chain it is the way to the policy.
            if stream.depth == 0 { return ends(policy, rule, match, &stream) }
            if match == .always { return goBack(stream) }
            doubt(rule, stream.chain)
            stream.hasReturned = true
            stream.returned = packet.marks.or(stream.returned)
            return nil
        case .firstOf(let rules):
            for inner in rules {
                let own = inner.match(packet)
                // Where it is not sure that the rule is asked, nothing in it is sure.
                let sure: RuleMatch = own == .always && match != .always ? .sometimes : own
                if let back = take(inner, of: rule, sure, &stream) { return back }
            }
            return nil
        case .jump(let name), .goto(let name):
            // A target that natdeck does not know.
            guard chains[name] != nil else { return mayDoAnything(rule, &stream) }
            let before = packet.marks
            let back = walk(
                name, depth: stream.depth + 1, isEntered: match == .always && stream.isPlain)
            if back != .always {
                if match == .sometimes { doubt(rule, stream.chain) }
                stream.isThinned = true
            }
            if case .jump = filter.effect {
                if back == .never {
                    packet.marks = before
                    return match == .always ? leave(stream) : nil
                }
                if match == .sometimes { packet.marks = packet.marks.or(before) }
                return nil
            }
            if match == .always { return back == .never ? leave(stream) : goBack(stream) }
            if back != .never {
                doubt(rule, stream.chain)
                stream.hasReturned = true
                stream.returned = packet.marks.or(stream.returned)
            }
            packet.marks = before
            return nil
        }
    }

    private mutating func ends(
        _ end: FilterOutcome.End, _ rule: NATRule, _ match: RuleMatch, _ stream: inout Stream
    ) -> RuleMatch? {
        add(end, rule, stream.chain)
        if end != .dropped { goesOn() }
        if match == .always { return leave(stream) }
        doubt(rule, stream.chain)
        stream.isThinned = true
        return nil
    }

    private mutating func mayDoAnything(_ rule: NATRule, _ stream: inout Stream) -> RuleMatch? {
        add(.unknown, rule, stream.chain)
        (marks, packet.marks) = (.unknown, .unknown)
        doubt(rule, stream.chain)
        stream.isThinned = true
        return nil
    }

    private mutating func add(_ end: FilterOutcome.End, _ rule: NATRule?, _ chain: String) {
        if outcomes.contains(where: { $0.end == end }) { return }
        outcomes.append(FilterOutcome(end, by: FilterCause(rule, in: base, chain: chain)))
    }

    private mutating func doubt(_ rule: NATRule, _ chain: String) {
        let cause = FilterCause(rule, in: base, chain: chain)
        guard doubts.count < Self.mostDoubts, !doubts.contains(cause) else { return }
        doubts.append(cause)
    }
}
