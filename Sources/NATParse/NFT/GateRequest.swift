public import NATModel

/// The messages that bring the kernel to a gate, in one transaction.
///
/// They make the table that this says to nft(8):
///
/// ```
/// table ip natdeck {
///   set internal { type ipv4_addr; flags interval; auto-merge; elements = { 10.0.0.0/8, … } }
///   set translated { … }
///   map length32 { type ipv4_addr : verdict; elements = { 10.0.0.7 : jump egress0, … } }
///   map length24 { type ipv4_addr : verdict; flags interval; … }
///   chain egress0 { oifname "ens6" accept; counter drop; }
///   chain forward { type filter hook forward priority -5; ct direction reply accept;
///     ip daddr @internal accept; ip saddr vmap @length32; ip saddr vmap @length24; }
///   chain private { type filter hook postrouting priority 150; fib saddr type local accept;
///     ct direction reply accept; ip daddr @internal accept; ip saddr @translated counter drop; }
/// }
/// ```
///
/// Answers pass everywhere: they belong to a connection that somebody outside began. What remembers
/// the egress of a connection stands in the same table: see ``MarkChains``.
public struct GateRequest {
    /// All messages, one after the other; the kernel answers when all is done.
    public let bytes: [UInt8]

    /// The messages that make the table of a gate; of none, those that take it away.
    public init(_ gate: Gate?) {
        guard let gate, !gate.isEmpty else {
            bytes = NFTRequest.batch(Self.clear(flags: NetlinkRequest.Flag.acknowledge))
            return
        }
        let marks = gate.marks.map(MarkChains.init)
        let maps = gate.keeps ? gate.lengths : []
        var sets = [("internal", AddressRanges.of(gate.internals))]
        if gate.keeps { sets.append(("translated", gate.translated)) }
        if let marks { sets.append((MarkChains.set, marks.sources)) }
        var messages = Self.clear(flags: 0)
        messages.append(Self.table)
        if gate.keeps {
            messages += gate.entries.indices.map { Self.chain(Self.name(ofEgress: $0)) }
            messages += marks?.keepingChains ?? []
            // NF_INET_FORWARD before iptables, NF_INET_POST_ROUTING after its NAT.
            messages.append(Self.chain("forward", hook: 2, priority: -5))
            messages.append(Self.chain("private", hook: 4, priority: 150))
        }
        messages += marks?.chains ?? []
        for (number, (name, ranges)) in sets.enumerated() {
            messages.append(Self.set(name, number: UInt32(number + 1)))
            messages += NFTElements(ranges: ranges).messages(table: Gate.table, set: name)
        }
        for (number, map) in maps.enumerated() {
            messages.append(
                Self.map(
                    Self.name(ofMap: map.length), number: UInt32(sets.count + number + 1),
                    isInterval: map.length < 32))
            messages += Self.elements(map).messages(
                table: Gate.table, set: Self.name(ofMap: map.length))
        }
        messages += marks?.rules ?? []
        if gate.keeps { messages += Self.rules(keeping: gate, maps, marks) }
        // Of a batch the kernel answers to those that ask for it; the last one tells of all.
        messages.append(
            NFTRequest.message(
                NFTMessage.newTable,
                flags: NetlinkRequest.Flag.create | NetlinkRequest.Flag.acknowledge,
                NFTRequest.text(1, Gate.table)))
        bytes = NFTRequest.batch(messages)
    }

    /// The rules by which sources leave by no other interface than theirs.
    private static func rules(
        keeping gate: Gate, _ maps: [Gate.Length], _ marks: MarkChains?
    ) -> [[UInt8]] {
        var messages = marks?.keepingRules ?? []
        for (number, entry) in gate.entries.enumerated() {
            let chain = Self.name(ofEgress: number)
            messages.append(
                Self.rule(chain, [.loadOutputName, .equals(Self.padded(entry.egress)), .accept]))
            messages.append(Self.rule(chain, [.count, .drop]))
        }
        let passes: [[NFTStatement]] = [
            [.loadDirection, .equals(NFTStatement.answer), .accept],
            [.loadDestination, .isIn(set: "internal"), .accept],
        ]
        messages += passes.map { Self.rule("forward", $0) }
        // What began by an egress goes on by it, whatever its source is kept for by now.
        messages += marks?.passes.map { Self.rule("forward", $0) } ?? []
        messages += maps.map {
            Self.rule("forward", [.loadSource, .decidedBy(map: Self.name(ofMap: $0.length))])
        }
        messages.append(
            Self.rule("private", [.loadSourceType, .equals(NFTStatement.own), .accept]))
        messages += passes.map { Self.rule("private", $0) }
        messages.append(
            Self.rule("private", [.loadSource, .isIn(set: "translated"), .count, .drop]))
        return messages
    }

    private static let table = NFTRequest.message(
        NFTMessage.newTable, flags: NetlinkRequest.Flag.create,
        NFTRequest.text(1, Gate.table))

    /// To delete a table that is not there fails; to add one that is there does not.
    private static func clear(flags: Int) -> [[UInt8]] {
        [
            table,
            NFTRequest.message(
                NFTMessage.deleteTable, flags: flags, NFTRequest.text(1, Gate.table)),
        ]
    }

    private static func name(ofEgress number: Int) -> String { "egress\(number)" }
    private static func name(ofMap length: Int) -> String { "length\(length)" }

    /// The kernel compares all of `IFNAMSIZ` bytes, so a name is told from one that begins like it.
    static func padded(_ interface: String) -> [UInt8] {
        let name = KernelName.bytes(interface).prefix(16)
        return name + [UInt8](repeating: 0, count: 16 - name.count)
    }

    /// A chain that is jumped to.
    static func chain(_ name: String) -> [UInt8] { chain(name, attributes: []) }

    /// A chain that the kernel asks at a hook.
    static func chain(_ name: String, hook: UInt32, priority: Int32) -> [UInt8] {
        let place =
            NFTRequest.number(1, hook) + NFTRequest.number(2, UInt32(bitPattern: priority))
        // It accepts what its rules say nothing of: NF_ACCEPT.
        return chain(
            name,
            attributes: NFTRequest.text(7, "filter") + NFTRequest.number(5, 1)
                + NFTRequest.nested(4, place))
    }

    private static func chain(_ name: String, attributes: [UInt8]) -> [UInt8] {
        NFTRequest.message(
            NFTMessage.newChain, flags: NetlinkRequest.Flag.create,
            NFTRequest.text(1, Gate.table) + NFTRequest.text(3, name) + attributes)
    }

    /// A set of ranges. What nft(8) needs to list it stands in its user data: the byte order of the
    /// key, and that neighbours are merged.
    private static func set(_ name: String, number: UInt32) -> [UInt8] {
        set(
            name, flags: Flag.interval, number: number, attributes: [],
            notes: [0, 4, 2, 0, 0, 0, 2, 4, 1, 0, 0, 0])
    }

    /// A map from addresses, or from ranges of them, to verdicts.
    private static func map(_ name: String, number: UInt32, isInterval: Bool) -> [UInt8] {
        set(
            name, flags: isInterval ? Flag.map | Flag.interval : Flag.map, number: number,
            // NFT_DATA_VERDICT, which has no length.
            attributes: NFTRequest.number(6, 0xffff_ff00) + NFTRequest.number(7, 0),
            notes: [0, 4, 2, 0, 0, 0, 1, 4, 0, 0, 0, 0, 6, 4, 0, 0, 0, 0])
    }

    /// `NFT_SET_*`.
    private enum Flag {
        static let interval: UInt32 = 4
        static let map: UInt32 = 8
    }

    private static func set(
        _ name: String, flags: UInt32, number: UInt32, attributes: [UInt8], notes: [UInt8]
    ) -> [UInt8] {
        NFTRequest.message(
            NFTMessage.newSet, flags: NetlinkRequest.Flag.create,
            NFTRequest.text(1, Gate.table) + NFTRequest.text(2, name)
                + NFTRequest.number(3, flags)
                // The number of nft(8) for an IPv4 address, and its length.
                + NFTRequest.number(4, 7) + NFTRequest.number(5, 4) + attributes
                + NFTRequest.number(10, number) + NFTRequest.attribute(13, notes))
    }

    private static func elements(_ map: Gate.Length) -> NFTElements {
        let sources = map.sources.map { source, number in
            (source, number.map { NFTDecision.jump(chain: name(ofEgress: $0)) } ?? .accept)
        }
        return map.length == 32
            ? NFTElements(sources.map { (address: $0.0.network, verdict: $0.1) })
            : NFTElements(sources.map { (network: $0.0, verdict: $0.1) })
    }

    /// A rule behind those that the chain has.
    static func rule(_ chain: String, _ expressions: [NFTStatement]) -> [UInt8] {
        NFTRequest.message(
            NFTMessage.newRule, flags: NetlinkRequest.Flag.create | NFTRequest.append,
            NFTRequest.text(1, Gate.table) + NFTRequest.text(2, chain)
                + NFTRequest.nested(4, Array(expressions.map(\.bytes).joined())))
    }
}

extension Gate {
    /// The sources of one prefix length.
    fileprivate struct Length {
        let length: Int
        /// In ascending order, each once, with the place of its entry; `nil` for one that is free.
        let sources: [(source: IPv4Prefix, entry: Int?)]
    }

    /// The addresses that never leave with the address they have.
    fileprivate var translated: [ClosedRange<UInt32>] {
        AddressRanges.of(
            entries.flatMap { entry in
                entry.sources.map { ($0, entry.translated.contains($0)) }
            } + free.map { ($0, false) })
    }

    /// All sources, the narrowest first: they decide.
    fileprivate var lengths: [Length] {
        var entryOf: [IPv4Prefix: Int?] = [:]
        for (number, entry) in entries.enumerated() {
            for source in entry.sources { entryOf[source] = entryOf[source] ?? number }
        }
        for source in free { entryOf[source] = .some(nil) }
        return Dictionary(grouping: entryOf.sorted { $0.key < $1.key }) { $0.key.length }
            .sorted { $0.key > $1.key }
            .map { length, sources in
                Length(length: length, sources: sources.map { ($0.key, $0.value) })
            }
    }
}
