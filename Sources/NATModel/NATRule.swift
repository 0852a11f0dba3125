/// One rule of a packet filter: a row of `iptables -t nat -nvxL` with every column as it was
/// printed, or a rule of nftables put in such columns.
///
/// The counters of a nat table count the first packet of each flow, so they are new connections,
/// not traffic.
public struct NATRule: Hashable, Sendable {
    /// First packets of the flows that matched.
    public var packets: UInt64
    /// Bytes of those packets.
    public var bytes: UInt64
    /// The target or the chain jumped to; empty for a rule that only counts.
    public var target: String { didSet { understand() } }
    /// `all` or `0` for any, else a name or a number; `!` before it negates.
    public var proto: String { didSet { understand() } }
    /// The fragment column: `--`, `-f` or `!f`.
    public var options: String { didSet { understand() } }
    /// The interface it came in by; `*` for any, `+` at the end for a prefix, `!` before negates.
    public var input: String { didSet { understand() } }
    /// The interface it leaves by, written like `input`.
    public var output: String { didSet { understand() } }
    /// Source address or network; `!` before it negates.
    public var source: String { didSet { understand() } }
    /// Destination address or network; `!` before it negates.
    public var destination: String { didSet { understand() } }
    /// All after the destination: matches, comment and what the target does with the packet. Of a
    /// rule of nftables the whole rule, as nft(8) prints it without what it has counted.
    public var extra: String { didSet { understand() } }
    /// Whether it is a rule of nftables, for which iptables has no row.
    public private(set) var isOfNFT: Bool
    /// Whether the rule counts; one of nftables need not.
    public private(set) var isCounted: Bool
    /// What it looks at and what it does, understood once, when the row was read.
    public private(set) var filter: FilterRule

    /// A row of iptables with these columns.
    ///
    /// - Parameter filter: what they mean; `nil` has them looked at.
    public init(
        packets: UInt64 = 0, bytes: UInt64 = 0, target: String, proto: String = "all",
        options: String = "--", input: String = "*", output: String = "*",
        source: String = "0.0.0.0/0", destination: String = "0.0.0.0/0", extra: String = "",
        filter: FilterRule? = nil
    ) {
        self.packets = packets
        self.bytes = bytes
        self.target = target
        self.proto = proto
        self.options = options
        self.input = input
        self.output = output
        self.source = source
        self.destination = destination
        self.extra = extra
        isOfNFT = false
        isCounted = true
        self.filter =
            filter
            ?? FilterRule(
                target: target, proto: proto, options: options, input: input, output: output,
                source: source, destination: destination, extra: extra)
    }

    /// A rule of nftables.
    ///
    /// - Parameters:
    ///   - words: the rule as nft(8) prints it, without what it has counted.
    ///   - counter: packets and bytes; `nil` for a rule that does not count.
    public init(
        nft words: String, meaning filter: FilterRule, columns: NFTColumns,
        counter: (packets: UInt64, bytes: UInt64)?
    ) {
        packets = counter?.packets ?? 0
        bytes = counter?.bytes ?? 0
        target = columns.target
        proto = columns.proto
        options = "--"
        input = columns.input
        output = columns.output
        source = columns.source
        destination = columns.destination
        extra = words
        isOfNFT = true
        isCounted = counter != nil
        self.filter = filter
    }

    /// What a changed column means. A rule of nftables means what its expressions say.
    private mutating func understand() {
        guard !isOfNFT else { return }
        filter = FilterRule(
            target: target, proto: proto, options: options, input: input, output: output,
            source: source, destination: destination, extra: extra)
    }

    /// What tells rules apart at all tells most of them apart; their meaning tells no more.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(source)
        hasher.combine(destination)
        hasher.combine(output)
        hasher.combine(target)
        hasher.combine(extra)
        hasher.combine(packets)
    }

    /// Whether natdeck made it.
    public var isOwned: Bool {
        isOfNFT
            ? extra.hasSuffix(Ownership.nftComment) : extra == Ownership.listedComment
    }

    /// The target column of a policy of IPsec that encrypts.
    public static let ipsecTarget = "ipsec"

    /// Whether it translates the source address.
    public var translatesSource: Bool { filter.effect.translatesSource }

    /// Whether it gives what it matches an address of the interface it leaves by.
    public var isMasquerade: Bool { filter.effect == .masquerade }

    /// The network of sources it selects; `nil` where it selects no plain network.
    public var sourcePrefix: IPv4Prefix? { filter.sourcePrefix }

    /// The network of destinations it selects; `nil` where it selects no plain network.
    public var destinationPrefix: IPv4Prefix? { filter.destinationPrefix }

    /// Whether it matches what leaves by the interface of that name, all else aside.
    public func matchOutput(_ name: String) -> RuleMatch {
        for case .output(let selector) in filter.matches where !selector.matches(name) {
            return .never
        }
        return .always
    }

    /// The one interface by which it selects what leaves; `nil` for none, several or all but some.
    public var outputName: String? {
        for case .output(let selector) in filter.matches {
            guard !selector.isNegated, selector.patterns.count == 1,
                let pattern = selector.patterns.first, !pattern.isPrefix
            else { return nil }
            return pattern.name
        }
        return nil
    }

    /// The rule in few words, for a sentence.
    public var words: String {
        if isOfNFT { return extra.strippedOfControls }
        return [target, "out", output, "source", source, "destination", destination, extra]
            .joined(separator: " ").strippedOfControls
    }
}

/// What of a rule of nftables fits in the columns of iptables.
public struct NFTColumns: Hashable, Sendable {
    /// What it does: `masquerade`, `snat`, `jump` and a chain; empty for a rule that only counts.
    public var target = ""
    /// The transport protocol; `all` for any.
    public var proto = "all"
    /// Interfaces it comes in by, with commas between; `*` for any.
    public var input = "*"
    /// Interfaces it leaves by, with commas between; `*` for any.
    public var output = "*"
    /// Source network; `0.0.0.0/0` for any.
    public var source = "0.0.0.0/0"
    /// Destination network; `0.0.0.0/0` for any.
    public var destination = "0.0.0.0/0"

    /// Columns of a rule that matches everything.
    public init() {}
}

// What a row of iptables means is not written down: its columns say it again.
extension NATRule: Codable {
    private enum Key: String, CodingKey {
        case packets, bytes, target, proto, options, input, output, source, destination, extra
        case isCounted, filter
    }

    /// A row as it was written.
    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: Key.self)
        self.init(
            packets: try values.decode(UInt64.self, forKey: .packets),
            bytes: try values.decode(UInt64.self, forKey: .bytes),
            target: try values.decode(String.self, forKey: .target),
            proto: try values.decode(String.self, forKey: .proto),
            options: try values.decode(String.self, forKey: .options),
            input: try values.decode(String.self, forKey: .input),
            output: try values.decode(String.self, forKey: .output),
            source: try values.decode(String.self, forKey: .source),
            destination: try values.decode(String.self, forKey: .destination),
            extra: try values.decode(String.self, forKey: .extra),
            filter: try values.decodeIfPresent(FilterRule.self, forKey: .filter))
        if let isCounted = try values.decodeIfPresent(Bool.self, forKey: .isCounted) {
            self.isCounted = isCounted
            isOfNFT = true
        }
    }

    /// Writes the columns, and of a rule of nftables its meaning.
    public func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: Key.self)
        try values.encode(packets, forKey: .packets)
        try values.encode(bytes, forKey: .bytes)
        try values.encode(target, forKey: .target)
        try values.encode(proto, forKey: .proto)
        try values.encode(options, forKey: .options)
        try values.encode(input, forKey: .input)
        try values.encode(output, forKey: .output)
        try values.encode(source, forKey: .source)
        try values.encode(destination, forKey: .destination)
        try values.encode(extra, forKey: .extra)
        if isOfNFT {
            try values.encode(isCounted, forKey: .isCounted)
            try values.encode(filter, forKey: .filter)
        }
    }
}
