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
/// the egress of a connection stands in the same table: see ``MarkChains``. So does what gives
/// sources an address: see ``AddressChains``.
public struct GateRequest {
    /// All messages, one after the other; the kernel answers when all is done.
    public let bytes: [UInt8]
    /// By how much the number changes that ``NFTFingerprintReply`` makes of the table; 0 where the
    /// table is made anew.
    public let fingerprintChange: UInt64

    /// The messages that make the table of a gate; of none, those that take it away.
    public init(_ gate: Gate?) {
        fingerprintChange = 0
        guard let gate, !gate.isEmpty else {
            bytes = NFTRequest.batch(Self.clear(flags: NetlinkRequest.Flag.acknowledge))
            return
        }
        let shape = Shape(gate)
        bytes = NFTRequest.batch(
            Self.clear(flags: 0) + [Self.table] + shape.chains
                + shape.sets.enumerated().flatMap { number, set in
                    set.messages(number: UInt32(number + 1))
                } + shape.rules + [Self.end])
    }

    /// The messages that change what is in the sets of a table, where it is known and nothing else
    /// of it changes: one host among ten thousand takes as few as one among two.
    ///
    /// - Parameters:
    ///   - before: what the table was made for.
    ///   - generation: the state of nf_tables in which it was so. In another one the kernel refuses.
    /// - Returns: `nil` where more than that changes.
    public init?(_ gate: Gate, since before: Gate, generation: UInt32) {
        guard !gate.isEmpty, !before.isEmpty else { return nil }
        let (old, new) = (Shape(before), Shape(gate))
        guard old.chains == new.chains, old.rules == new.rules, old.sets.count == new.sets.count
        else { return nil }
        var whole = GateSet.Difference()
        for (old, new) in zip(old.sets, new.sets) {
            guard let difference = new.difference(from: old) else { return nil }
            whole.deletions += difference.deletions
            whole.additions += difference.additions
            whole.fingerprint &+= difference.fingerprint
        }
        bytes = NFTRequest.batch(
            whole.deletions + whole.additions + [Self.end], generation: generation)
        fingerprintChange = whole.fingerprint
    }

    /// Of a batch the kernel answers to those that ask for it; the last one tells of all.
    private static let end = NFTRequest.message(
        NFTMessage.newTable,
        flags: NetlinkRequest.Flag.create | NetlinkRequest.Flag.acknowledge,
        NFTRequest.text(1, Gate.table))

    /// What a table consists of.
    private struct Shape {
        var chains: [[UInt8]] = []
        var sets: [GateSet]
        var rules: [[UInt8]]

        init(_ gate: Gate) {
            let marks = gate.marks.map { MarkChains(marks: $0, map: gate.map) }
            let maps = gate.keeps ? gate.lengths : []
            sets = [
                GateSet(name: "internal", content: .ranges(AddressRanges.of(gate.internals)))
            ]
            if gate.keeps {
                sets.append(GateSet(name: "translated", content: .ranges(gate.translated)))
                chains += gate.entries.indices.map {
                    GateRequest.chain(GateRequest.name(ofEgress: $0))
                }
                chains += marks?.keepingChains ?? []
                // NF_INET_FORWARD before iptables, NF_INET_POST_ROUTING after its NAT.
                chains.append(GateRequest.chain("forward", hook: 2, priority: -5))
                chains.append(GateRequest.chain("private", hook: 4, priority: 150))
            }
            chains += marks?.chains ?? []
            let given = gate.addresses.map(AddressChains.init)
            chains += given?.chains ?? []
            sets += marks?.sets ?? []
            sets += maps.map { map in
                GateSet(
                    name: GateRequest.name(ofMap: map.length),
                    content: .verdicts(
                        map.sources.map { source, number in
                            GateSet.Verdict(
                                network: source,
                                decision: number.map {
                                    .jump(chain: GateRequest.name(ofEgress: $0))
                                }
                                    ?? .accept)
                        }, length: map.length))
            }
            sets += given?.sets ?? []
            rules = (marks?.rules ?? []) + (given?.rules ?? [])
            if gate.keeps { rules += GateRequest.rules(keeping: gate, maps, marks) }
        }
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
    static func chain(
        _ name: String, type: String = "filter", hook: UInt32, priority: Int32
    ) -> [UInt8] {
        let place =
            NFTRequest.number(1, hook) + NFTRequest.number(2, UInt32(bitPattern: priority))
        // It accepts what its rules say nothing of: NF_ACCEPT.
        return chain(
            name,
            attributes: NFTRequest.text(7, type) + NFTRequest.number(5, 1)
                + NFTRequest.nested(4, place))
    }

    private static func chain(_ name: String, attributes: [UInt8]) -> [UInt8] {
        NFTRequest.message(
            NFTMessage.newChain, flags: NetlinkRequest.Flag.create,
            NFTRequest.text(1, Gate.table) + NFTRequest.text(3, name) + attributes)
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
