public import NATModel

/// The messages that bring the kernel to a gate.
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
    /// All messages of each transaction, one after the other; the kernel answers to each when all of
    /// it is done.
    public let batches: [[UInt8]]
    /// By how much the number changes that ``NFTFingerprintReply`` makes of the table; `nil` where
    /// that has to be asked.
    public let fingerprintChange: UInt64?

    /// The messages that make the table of a gate; of none, those that take it away.
    public init(_ gate: Gate?) {
        fingerprintChange = nil
        guard let gate, !gate.isEmpty else {
            batches = [
                NFTRequest.batch(Self.clear(flags: NetlinkRequest.Flag.acknowledge))
            ]
            return
        }
        batches = [
            NFTRequest.batch(
                Self.clear(flags: 0) + [Self.table] + GateShape(gate).messages + [Self.end])
        ]
    }

    /// The messages that change what differs of a table that is known, in up to three transactions:
    /// what is new, what leads to it, what is left over. One host among ten thousand takes as few as
    /// one among two, and what does not differ none.
    ///
    /// - Parameters:
    ///   - before: what the table was made for.
    ///   - generation: the state of nf_tables in which it was so. In another one the kernel refuses.
    /// - Returns: `nil` where that cannot be done.
    public init?(_ gate: Gate, since before: Gate, generation: UInt32) {
        guard !gate.isEmpty, !before.isEmpty,
            let change = GateShape(gate).change(from: GateShape(before))
        else { return nil }
        fingerprintChange = change.fingerprint
        let parts = [change.making, change.switching, change.tidying].filter { !$0.isEmpty }
        batches = parts.enumerated().map { place, messages in
            NFTRequest.batch(
                messages + [Self.end], generation: generation &+ UInt32(place))
        }
    }

    /// Of a batch the kernel answers to those that ask for it; the last one tells of all.
    private static let end = NFTRequest.message(
        NFTMessage.newTable,
        flags: NetlinkRequest.Flag.create | NetlinkRequest.Flag.acknowledge,
        NFTRequest.text(1, Gate.table))

    /// The rules by which sources leave by no other interface than theirs.
    static func rules(
        keeping gate: Gate, _ maps: [Gate.Length], _ marks: MarkChains?
    ) -> [ChainMessage] {
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

    static func name(ofEgress number: Int) -> String { "egress\(number)" }
    static func name(ofMap length: Int) -> String { "length\(length)" }

    /// The kernel compares all of `IFNAMSIZ` bytes, so a name is told from one that begins like it.
    static func padded(_ interface: String) -> [UInt8] {
        let name = KernelName.bytes(interface).prefix(16)
        return name + [UInt8](repeating: 0, count: 16 - name.count)
    }

    /// A chain that is jumped to.
    static func chain(_ name: String) -> ChainMessage {
        ChainMessage(chain: name, bytes: bytes(ofChain: name, attributes: []))
    }

    /// A chain that the kernel asks at a hook.
    static func chain(
        _ name: String, type: String = "filter", hook: UInt32, priority: Int32
    ) -> ChainMessage {
        let place =
            NFTRequest.number(1, hook) + NFTRequest.number(2, UInt32(bitPattern: priority))
        // It accepts what its rules say nothing of: NF_ACCEPT.
        return ChainMessage(
            chain: name,
            bytes: bytes(
                ofChain: name,
                attributes: NFTRequest.text(7, type) + NFTRequest.number(5, 1)
                    + NFTRequest.nested(4, place)), isBase: true)
    }

    private static func bytes(ofChain name: String, attributes: [UInt8]) -> [UInt8] {
        NFTRequest.message(
            NFTMessage.newChain, flags: NetlinkRequest.Flag.create,
            NFTRequest.text(1, Gate.table) + NFTRequest.text(3, name) + attributes)
    }

    /// A rule behind those that the chain has.
    static func rule(_ chain: String, _ expressions: [NFTStatement]) -> ChainMessage {
        ChainMessage(
            chain: chain,
            bytes: NFTRequest.message(
                NFTMessage.newRule, flags: NetlinkRequest.Flag.create | NFTRequest.append,
                NFTRequest.text(1, Gate.table) + NFTRequest.text(2, chain)
                    + NFTRequest.nested(4, Array(expressions.map(\.bytes).joined()))))
    }

    /// Takes all rules out of a chain.
    static func flush(_ chain: String) -> [UInt8] {
        NFTRequest.message(
            NFTMessage.deleteRule, NFTRequest.text(1, Gate.table) + NFTRequest.text(2, chain))
    }

    /// Takes away a chain without rules.
    static func delete(chain: String) -> [UInt8] {
        NFTRequest.message(
            NFTMessage.deleteChain, NFTRequest.text(1, Gate.table) + NFTRequest.text(3, chain))
    }

    /// Takes away a set that no rule looks into.
    static func delete(set: String) -> [UInt8] {
        NFTRequest.message(
            NFTMessage.deleteSet, NFTRequest.text(1, Gate.table) + NFTRequest.text(2, set))
    }
}
