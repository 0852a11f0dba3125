/// What is known of one source: where rules send it, what NAT promises, and what its flows say.
public struct HostFacts: Hashable, Sendable {
    /// The host, or the network an assignment is for.
    public var source: IPv4Prefix
    /// Where it goes, and the rule that decides.
    public var decision: EgressDecision
    /// What NAT promises where it leaves by one interface; `nil` where it does not, or where that is
    /// not known.
    public var promise: NATPromise?
    /// The addresses natdeck gives what it sends there, those of its hosts where it is a network;
    /// empty where other NAT says it.
    public var given: [IPv4Address] = []
    /// What keeps its packets in the box although rules send them out; `nil` where nothing is sure
    /// to.
    public var obstacle: Obstacle?
    /// Why the promise is not sure, one sentence without a full stop for each reason.
    public var doubts: [String] = []
    /// What its flows add up to; `nil` where conntrack cannot be read.
    public var flows: HostFlows?
    /// By which own address answers come back, the most flows first.
    public var seen: [Seen] = []
    /// The same of flows that have ended, where none of them lives.
    public var ended: [Seen] = []

    /// What leaves by one own address of the box.
    public struct Seen: Hashable, Sendable {
        /// The address that answers are sent to.
        public var address: IPv4Address
        /// The interface it belongs to; `nil` for none of the box: the host's own, say.
        public var interface: String?
        /// The address the outside sees; `nil` where that is not known.
        public var publicAddress: IPv4Address?
        /// How many flows, and how many of them have had an answer.
        public var count: HostFlows.Seen
    }

    /// What keeps packets in the box.
    public enum Obstacle: Hashable, Sendable {
        /// The gate: it is kept for this interface, and leaves by no other.
        case gate(keptFor: String)
        /// A filter drops them.
        case filter(FilterCause)
        /// A kernel parameter is 0, so that its interface forwards nothing, or that of the answers.
        case parameter(String)
        /// The address it is to leave with is not of this box.
        case absent(IPv4Address)
        /// The interface carries nothing.
        case down(String)
        /// A kernel parameter drops answers: without the mark that leads its packets out, it would
        /// leave by another interface than they come in by.
        case strict(String)
        /// Answers that come in by an interface are not led to it.
        case answers(StrayAnswers)
    }

    /// What keeps its packets in the box, in a few words; `nil` where nothing does.
    public var whyBlocked: String? {
        switch obstacle {
        case .gate(let egress)?: return "kept for \(egress) alone"
        case .parameter(let name)?: return "\(name) is 0"
        case .absent(let address)?: return "\(address) is not of this box"
        case .down(let name)?: return "\(name) is down"
        case .strict(let name)?: return "\(name) is 1, and a mark leads it out"
        case .answers(let stray)?: return "answers \(stray.words)"
        case .filter(let cause)?:
            switch cause.harm {
            case .drop: return "dropped by \(cause)"
            case .hide: return "hidden from conntrack by \(cause)"
            case .encrypt: return "taken by IPsec: \(cause)"
            case .redirect: return "taken elsewhere by \(cause)"
            }
        case nil: break
        }
        guard decision.end == .nowhere else { return nil }
        return decision.rule.map { "rule \($0.priority) «\($0.words)» lets nothing out" }
            ?? "no rule leads it out"
    }

    /// Whether all flows leave by where the rules send the host, and with the address that natdeck
    /// gives it; `nil` where there are none, or nobody knows.
    public var agrees: Bool? {
        guard !seen.isEmpty else { return nil }
        guard decision.interface != nil else { return decision.end == .unknown ? nil : false }
        return seen.allSatisfy(isAsPromised)
    }

    /// Whether flows with this address leave by where the rules send the host now, and with the
    /// address that natdeck gives it.
    public func isAsPromised(_ seen: Seen) -> Bool {
        guard let egress = decision.interface, seen.interface == egress else { return false }
        return given.isEmpty || given.contains(seen.address)
    }
}

extension BoxFacts {
    /// What is known of a source.
    public func host(_ source: IPv4Prefix) -> HostFacts {
        let decision = decision(for: source)
        var host = HostFacts(source: source, decision: decision)
        host.doubts = decision.doubts.map { "rule \($0.priority) «\($0.words)» may decide" }
        if let interface = decision.interface {
            host.promise = promise(of: source, leavingBy: interface, nextHop: decision.nextHop)
            host.doubts += (host.promise?.answer.doubts ?? []).map { "nat rule \($0) may decide" }
            host.doubts +=
                host.promise?.strangeness(of: source, leavingBy: interface).map {
                    ["nat rule \($0)"]
                } ?? []
            let verdict = forwarding(of: source, leavingBy: interface)
            host.doubts += (verdict?.doubts ?? []).map { "\($0) \($0.mayHarm)" }.uniqued()
        } else if case .splits(let interfaces) = decision.end {
            host.doubts.append("its route leads by \(interfaces.joined(separator: " and "))")
        }
        host.given = decision.interface.map { used(by: source, leavingBy: $0).addresses } ?? []
        host.obstacle = obstacle(of: source, decision)
        return proven(host)
    }

    /// The same host with what its flows say now.
    public func proven(_ host: HostFacts) -> HostFacts {
        var host = host
        (host.flows, host.seen, host.ended) = (nil, [], [])
        guard host.source.length == 32, let all = snapshot.flows.value?.hosts else { return host }
        let flows = all[host.source.network] ?? HostFlows()
        host.flows = flows
        let seen = flows.seen.sorted { ($1.value.flows, $0.key) < ($0.value.flows, $1.key) }
        // A flow that has begun and closed since the reading before is no live one.
        let egress = host.decision.interface
        host.seen = seen.filter { $0.value.flows > 0 }.map { self.seen($0, $1, egress) }
        host.ended = seen.filter { $0.value.flows == 0 && $0.value.ended != nil }
            .map { self.seen($0, $1, egress) }
        return host
    }

    private func seen(
        _ address: IPv4Address, _ count: HostFlows.Seen, _ egress: String?
    ) -> HostFacts.Seen {
        let owner = owner(of: address, leavingBy: egress)
        return HostFacts.Seen(
            address: address, interface: owner?.interface.name,
            publicAddress: owner?.promisedAddress(of: address), count: count)
    }

    /// What keeps the packets of a source in the box although rules send them out so; `nil` where
    /// nothing is sure to.
    public func obstacle(
        of source: IPv4Prefix, _ decision: EgressDecision
    ) -> HostFacts.Obstacle? {
        if let kept = gatedEgress(of: source), !decision.interfaces.isEmpty,
            decision.interfaces != [kept]
        {
            return .gate(keptFor: kept)
        }
        guard let interface = decision.interface else { return nil }
        let (addresses, absent) = used(by: source, leavingBy: interface)
        if let lost = absent.first, absent.count == addresses.count { return .absent(lost) }
        if snapshot.interface(interface)?.state == .down { return .down(interface) }
        if let name = closedParameter(of: source, leavingBy: interface) { return .parameter(name) }
        if let name = strictParameter(of: source, decision) { return .strict(name) }
        if let stray = strayAnswers(to: source, leavingBy: interface) { return .answers(stray) }
        return forwarding(of: source, leavingBy: interface)?.drops.first.map { .filter($0) }
    }
}
