/// What the packet filters of a box do to forwarded packets, indexed once for many questions.
///
/// Plans, status, dashboard and doctor ask here: `nat` for the address a host leaves with, then
/// `NATVerdict.answer` with the egress and the next hop of its route; `forward` for whether it gets
/// that far. What is not sure is said with the rules on which it depends.
public struct BoxFilters: Sendable {
    private let natIndex: FilterIndex?
    private let bitsOfMarks: UInt32
    private let isWithoutIPsec: Bool?
    /// Whether a rule asks for the way back to where a packet comes from.
    let asksForWaysBack: Bool
    /// The filters on the way out and on the way back, in the kernel's order, those that hold
    /// anything; `nil` where they could not be read.
    private let ways: [ForwardedPacket.Direction: [FilterIndex]]?
    /// Where the same nat tables translate destinations.
    private let redirections: FilterIndex?
    /// What changes marks; `nil` where tables could not be read.
    private let markChains: MarkChains?

    /// The filters of this snapshot.
    public init(_ snapshot: Snapshot) {
        let interfaces = snapshot.interfaces.value ?? []
        self.init(
            nat: snapshot.nat.value, forward: snapshot.forward.value,
            links: LinkLayers(interfaces), bitsOfMarks: snapshot.bitsOfMarks,
            bitsOfGate: (snapshot.gate.value ?? nil)?.marks?.mask ?? 0,
            tunnels: Set(interfaces.filter(\.keepsMarksOfOthers).map(\.name)))
    }

    /// The filters that these tables hold; `nil` for those that could not be read.
    ///
    /// - Parameters:
    ///   - links: which interfaces stand below others.
    ///   - bitsOfMarks: the bits of marks that packets may have.
    ///   - bitsOfGate: those that natdeck sets.
    ///   - tunnels: the interfaces whose packets may come in with a mark.
    public init(
        nat: [NATRuleSet]?, forward: [NATRuleSet]?, links: LinkLayers = LinkLayers(),
        bitsOfMarks: UInt32 = .max, bitsOfGate: UInt32 = 0, tunnels: Set<String> = []
    ) {
        self.bitsOfMarks = bitsOfMarks
        asksForWaysBack = forward?.contains(where: \.asksForWaysBack) ?? false
        isWithoutIPsec = forward.map { sets in
            !sets.contains { $0.program == NATRuleSet.ipsec }
        }
        markChains =
            if let nat, let forward {
                MarkChains(forward + nat, links: links, others: bitsOfGate, tunnels: tunnels)
            } else {
                nil
            }
        natIndex = nat.map { FilterIndex($0, at: .postrouting) }
        redirections = nat.map {
            FilterIndex(
                $0.filter(\.mayTranslateDestination), at: .prerouting, passesOverNetworks: true)
        }
        ways = forward.map { sets in
            Dictionary(
                uniqueKeysWithValues: [ForwardedPacket.Direction.out, .answer].map { direction in
                    let filters = FilterIndex.Hook.allCases.lazy.map {
                        FilterIndex(sets, at: $0, for: direction, links: links)
                    }
                    return (direction, filters.filter { !$0.groups.isEmpty })
                })
        }
    }

    /// What happens to the source address; `nil` where the nat tables could not be read.
    public func nat(_ packet: ForwardedPacket) -> NATVerdict? { nat(packet, given: nil) }

    /// The same, where natdeck's own chain does this first.
    func nat(
        _ packet: ForwardedPacket, given: (priority: Int, outcomes: [FilterOutcome])?
    ) -> NATVerdict? {
        natIndex.map { index in
            let packet = knowing(packet)
            let verdict = NATVerdict(of: packet, in: index, given: given)
            return untracking(packet).map { verdict.besides($0.cause, $0.match) } ?? verdict
        }
    }

    /// Whether it gets through the box; `nil` where the filters could not be read.
    public func forward(_ packet: ForwardedPacket) -> ForwardVerdict? {
        guard let filters = ways?[packet.direction] else { return nil }
        let packet = knowing(packet)
        let verdict = ForwardVerdict(of: packet, in: filters)
        guard packet.source.isInternal, let hidden = untracking(packet) else {
            return verdict.besides(redirecting(packet))
        }
        return verdict.besides(hidden.cause, hidden.match)
    }

    /// What is known of the mark of such a packet when it is routed; `nil` where nothing is.
    func routedMark(_ packet: ForwardedPacket) -> KnownMark? {
        markChains?.trace(packet).routed.packet
    }

    /// The rules that may give what a host sends to the outside another destination: some of it, or
    /// all.
    private func redirecting(_ packet: ForwardedPacket) -> [FilterCause] {
        // A port forward is for what comes in by an uplink: where that is not known, nothing is.
        guard packet.direction == .out, packet.input != nil else { return [] }
        let proxies = ways?[.out]?.first { $0.hook == .prerouting }
        return [redirections, proxies].compactMap(\.self).flatMap { index in
            index.groups.joined().flatMap { index.walk(packet, in: $0).outcomes }
                .filter { $0.end == .redirected }.map(\.cause)
        }
    }

    /// Whether TCP may be told to make its segments fit the way of such a packet.
    func mayClamp(_ packet: ForwardedPacket) -> Bool {
        ways?[packet.direction]?.contains { index in
            [.forward, .postrouting].contains(index.hook) && index.mayClamp(packet)
        } ?? true
    }

    /// Whether a filter is asked where another address stands for the host.
    var looksAtOutsideAddress: Bool {
        ways?.values.joined().contains(where: \.looksAtOutsideAddress) ?? false
    }

    /// The first rule that hides such a packet from conntrack; `nil` where none does.
    private func untracking(_ packet: ForwardedPacket) -> (cause: FilterCause, match: RuleMatch)? {
        guard let before = ways?[packet.direction]?.first(where: { $0.hook == .prerouting }) else {
            return nil
        }
        // NF_IP_PRI_CONNTRACK: after it a packet is tracked already.
        let bases = before.groups.joined().filter { $0.priority < -200 }
        let found = bases.lazy.compactMap { before.walk(packet, in: $0).untracking }
        return found.first { $0.match == .always } ?? found.first
    }

    /// Whether conntrack does not see such a packet.
    private func isUntracked(_ packet: ForwardedPacket) -> RuleMatch {
        let own = untracking(packet)?.match ?? .never
        guard packet.direction == .answer, own == .never else { return own }
        // It knows no connection of an answer whose question it has not seen.
        var question = packet
        question.direction = .out
        return untracking(question) == nil ? .never : .sometimes
    }

    /// The packet, with whether its destination may have been translated before.
    private func knowing(_ packet: ForwardedPacket) -> ForwardedPacket {
        var known = packet
        known.bitsOfMarks = bitsOfMarks
        known.isWithoutIPsec = isWithoutIPsec
        known.isUntracked = isUntracked(packet)
        if packet.direction == .out { known.markTrace = markChains?.trace(known) }
        guard let redirections else { return known }
        let mayBe = redirections.groups.joined().contains { base in
            redirections.walk(known, in: base).outcomes.contains {
                $0.end == .redirected || $0.end == .unknown
            }
        }
        known.isRedirected = mayBe ? .sometimes : .never
        return known
    }
}

extension Snapshot {
    /// The bits of its mark that a forwarded packet may have set, as far as anybody asks.
    ///
    /// Rules of filters name the bits themselves; a policy of IPsec asks for those of others.
    fileprivate var bitsOfMarks: UInt32 {
        let hasPolicies = forward.value?.contains { $0.program == NATRuleSet.ipsec } ?? false
        return hasPolicies ? markBitsOfOthers : .max
    }
}

extension NATRuleSet {
    fileprivate var asksForWaysBack: Bool {
        chains.contains { chain in
            chain.rules.contains { rule in
                rule.filter.matches.contains { if case .wayBack = $0 { true } else { false } }
            }
        }
    }

    /// Whether a rule of it may give packets another destination.
    fileprivate var mayTranslateDestination: Bool {
        chains.contains { $0.rules.contains { $0.filter.effect.mayTranslateDestination } }
    }
}

extension Snapshot {
    /// The address `source` leaves `interface` with; `nil` where the nat tables could not be read,
    /// or there is no such interface.
    public func natAnswer(
        _ source: IPv4Prefix, leavingBy name: String, nextHop: IPv4Address?,
        filters: BoxFilters? = nil
    ) -> NATAnswer? {
        guard let egress = egressInterface(name) else { return nil }
        let packet = ForwardedPacket(source: source, output: name)
        let filters = filters ?? BoxFilters(nat: nat.value, forward: nil)
        return filters.nat(packet)?.answer(source, on: egress, nextHop: nextHop)
    }
}
