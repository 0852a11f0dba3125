/// Whether a box has a way back to where packets come from, as `fib saddr . iif oif` of nft(8) and
/// `rpfilter` of iptables-extensions(8) ask for it.
public struct WaysBack: Hashable, Sendable {
    /// To the host.
    public var toHost: Way
    /// To the outside from the host's own address, and from the one that stands for it.
    public var (fromHost, fromOutsideAddress): (Way, Way)

    /// One of the ways.
    public struct Way: Hashable, Sendable {
        /// Whether it leads by the interface that the packet came in by.
        public var strict: RuleMatch
        /// Whether there is any.
        public var loose: RuleMatch

        /// The way of a decision.
        init(_ decision: EgressDecision?, by interface: String?) {
            guard let decision, let interface, decision.doubts.isEmpty, decision.end != .unknown
            else {
                (strict, loose) = (.sometimes, .sometimes)
                return
            }
            strict = decision.interfaces.contains(interface) ? .always : .never
            loose = decision.interfaces.isEmpty ? .never : .always
        }
    }

    func match(
        _ direction: ForwardedPacket.Direction, _ isTranslated: Bool, _ isStrict: Bool
    ) -> RuleMatch {
        let way: Way
        switch direction {
        case .out:
            if isTranslated { return .sometimes }
            way = toHost
        case .answer: way = isTranslated ? fromOutsideAddress : fromHost
        }
        return isStrict ? way.strict : way.loose
    }
}

extension BoxFacts {
    /// The ways back to a host that leaves by an interface with this address, and to the outside.
    ///
    /// The kernel asks without a mark, as if the box itself sent something. Source: nft_fib4_eval in
    /// net/ipv4/netfilter/nft_fib_ipv4.c.
    func waysBack(
        of source: IPv4Prefix, leavingBy interface: String, with address: IPv4Address?
    ) -> WaysBack {
        func outwards(_ source: IPv4Prefix) -> WaysBack.Way {
            WaysBack.Way(rules?.decision(for: source, input: "lo"), by: interface)
        }
        return WaysBack(
            toHost: WaysBack.Way(
                rules?.decision(
                    for: IPv4Prefix(outside), to: source.representative, input: "lo"),
                by: input(of: source)),
            // A plan asks before its rule is there, which leads whatever comes from the host.
            fromHost: decision(for: source).interfaces.contains(interface)
                ? outwards(source)
                : WaysBack.Way(EgressDecision(.leaves(by: interface)), by: interface),
            fromOutsideAddress: address.map { outwards(IPv4Prefix($0)) }
                ?? WaysBack.Way(nil, by: nil))
    }
}
