/// Which flows are meant.
public struct FlowSelection: Hashable, Sendable {
    /// Who began them.
    public var source: IPv4Prefix
    /// Only those to the outside whose answers are sent to this address; `nil` for whichever.
    public var seenAs: IPv4Address?
    /// Only those whose mark has none of these bits; `nil` for whatever mark.
    public var unmarkedIn: UInt32?
    /// In place of translated flows, those to the outside that leave with the address of their host;
    /// but not those of these sources. `nil` for translated ones.
    public var untranslatedBut: [IPv4Prefix]?
    /// Only this flow, translated or not; `nil` for every translated flow.
    public var key: FlowKey?

    /// The translated flows of a source, those alone that leave with one address where it is given.
    public init(_ source: IPv4Prefix, seenAs: IPv4Address? = nil) {
        self.source = source
        self.seenAs = seenAs
    }

    /// The flows of a source to the outside that nothing translates, without those of some of it.
    public init(untranslated source: IPv4Prefix, but others: [IPv4Prefix]) {
        self.source = source
        untranslatedBut = others
    }

    /// This flow.
    public init(_ key: FlowKey) {
        source = IPv4Prefix(key.original.source)
        self.key = key
    }

    /// Whether it means this flow.
    public func contains(_ flow: ConntrackFlow) -> Bool {
        if let key { return key == FlowKey(flow) }
        if let untranslatedBut {
            return flow.isUntranslated && source.contains(flow.original.source)
                && !untranslatedBut.contains { $0.contains(flow.original.source) }
        }
        return flow.isSourceTranslated && source.contains(flow.original.source)
            && (seenAs.map { $0 == flow.reply.destination && flow.isToOutside } ?? true)
            && flow.mark & (unmarkedIn ?? 0) == 0
    }

    /// The command that ends them. See conntrack(8).
    public var deletion: Command {
        guard let key else {
            let answered = untranslatedBut == nil ? seenAs.map { "\($0)" } : "\(source)"
            let end = answered.map { ["-q", $0] } ?? ["--src-nat"]
            let mark = unmarkedIn.map { ["-m", "\(PacketMark(0, mask: $0))"] } ?? []
            return Command(["conntrack", "-D", "-s", "\(source)"] + end + mark)
        }
        let tuple = key.original
        var words = ["conntrack", "-D", "-p", Transport.name(tuple.transport)]
        words += ["-s", "\(tuple.source)", "-d", "\(tuple.destination)"]
        switch tuple.transport {
        case 1:
            words += ["--icmp-type", "\(tuple.destinationPort >> 8)"]
            words += ["--icmp-code", "\(tuple.destinationPort & 0xff)"]
            words += ["--icmp-id", "\(tuple.sourcePort)"]
        case 47:
            words += ["--srckey", "\(tuple.sourcePort)", "--dstkey", "\(tuple.destinationPort)"]
        case _ where Transport.hasPorts(tuple.transport):
            words += ["--sport", "\(tuple.sourcePort)", "--dport", "\(tuple.destinationPort)"]
        default: break
        }
        return Command(words + (key.zone == 0 ? [] : ["-w", "\(key.zone)"]))
    }
}

/// Many selections, by which a flow is found without going through all of them.
public struct FlowSelections: Sendable {
    private let keys: Set<FlowKey>
    /// Those of what is not translated.
    private let untranslated: (sources: SourceSet, bySource: [IPv4Prefix: FlowSelection])
    private let whole: SourceSet
    private let byAddress: [IPv4Address: SourceSet]
    /// Those that look at marks, by the bits; few.
    private let unmarked: [(bits: UInt32, sources: SourceSet, others: [FlowSelection])]
    /// The host that all of them are of; `nil` where there are several, or a network.
    public let onlyHost: IPv4Address?

    /// These.
    public init(_ selections: [FlowSelection]) {
        keys = Set(selections.compactMap(\.key))
        let bare = selections.filter { $0.untranslatedBut != nil }
        untranslated = (
            SourceSet(bare.map(\.source)),
            Dictionary(bare.map { ($0.source, $0) }, uniquingKeysWith: { first, _ in first })
        )
        let translated = selections.filter { $0.key == nil && $0.untranslatedBut == nil }
        let sources = translated.filter { $0.unmarkedIn == nil }
        unmarked = Dictionary(grouping: translated, by: \.unmarkedIn)
            .compactMap { bits, selections in
                bits.map { bits in
                    (
                        bits,
                        SourceSet(selections.filter { $0.seenAs == nil }.map(\.source)),
                        selections.filter { $0.seenAs != nil }
                    )
                }
            }
        whole = SourceSet(sources.filter { $0.seenAs == nil }.map(\.source))
        byAddress = Dictionary(grouping: sources.filter { $0.seenAs != nil }, by: \.seenAs)
            .reduce(into: [:]) { sets, group in
                if let address = group.key { sets[address] = SourceSet(group.value.map(\.source)) }
            }
        let hosts = Set(selections.map(\.source))
        onlyHost =
            hosts.count == 1 ? hosts.first.flatMap { $0.length == 32 ? $0.network : nil } : nil
    }

    /// Whether one of them means this flow.
    public func contains(_ flow: ConntrackFlow) -> Bool {
        if !keys.isEmpty, keys.contains(FlowKey(flow)) { return true }
        guard flow.isSourceTranslated else {
            return untranslated.sources.holding(flow.original.source).contains {
                untranslated.bySource[$0]?.contains(flow) ?? false
            }
        }
        let isUnmarked = unmarked.contains { bits, sources, others in
            flow.mark & bits == 0
                && (sources.contains(flow.original.source)
                    || others.contains { $0.contains(flow) })
        }
        return isUnmarked || whole.contains(flow.original.source)
            || byAddress[flow.reply.destination]?.contains(flow.original.source) == true
                && flow.isToOutside
    }
}
