/// The first packet of a connection that a host sends through the box to the outside world: its
/// state is NEW, and no mark can be counted on.
public struct ForwardedPacket: Hashable, Sendable {
    /// The host, or a network whose hosts are all asked about at once.
    public var source: IPv4Prefix
    /// The interface it comes in by; `nil` where that is not known.
    public var input: String?
    /// The interface it leaves by.
    public var output: String
    /// Whether the box may have given it another destination on its way in, by DNAT.
    public var isRedirected = RuleMatch.sometimes

    /// A packet of this source that comes in and leaves so.
    public init(source: IPv4Prefix, input: String? = nil, output: String) {
        self.source = source
        self.input = input
        self.output = output
    }
}

extension FilterRule {
    /// Whether it matches this packet.
    public func match(_ packet: ForwardedPacket) -> RuleMatch { matches.match(packet) }
}

extension [FilterMatch] {
    /// Whether all of them hold for this packet.
    func match(_ packet: ForwardedPacket) -> RuleMatch {
        var result = RuleMatch.always
        for match in self {
            switch match.match(packet) {
            case .always: continue
            case .never: return .never
            case .sometimes: result = .sometimes
            }
        }
        return result
    }
}

extension FilterMatch {
    /// Whether it holds for this packet.
    func match(_ packet: ForwardedPacket) -> RuleMatch {
        switch self {
        case .input(let selector):
            guard let input = packet.input else { return selector.matchUnknown }
            return selector.matches(input) ? .always : .never
        case .output(let selector): return selector.matches(packet.output) ? .always : .never
        case .source(let selector): return selector.match(packet.source)
        case .destination(let selector): return selector.matchOutside
        case .state(let states, let isNegated):
            let match = states.matchNew(packet)
            return isNegated ? match.inverted : match
        case .anyOf(let groups, let isNegated):
            var result = RuleMatch.never
            for group in groups {
                switch group.match(packet) {
                case .always: return isNegated ? .never : .always
                case .sometimes: result = .sometimes
                case .never: continue
                }
            }
            return isNegated ? result.inverted : result
        case .fixed(let holds): return holds ? .always : .never
        // Rules elsewhere may have set the mark, and a host sends any protocol.
        case .mark, .transport, .undecided: return .sometimes
        }
    }
}
