/// Which state of nf_tables the kernel has: a number that every change of it moves on, whoever makes
/// it.
///
/// Source: `NFT_MSG_GETGEN` in linux/netfilter/nf_tables.h.
public struct NFTGenerationReply: NetlinkReply {
    /// The number; `nil` where it was not told.
    public private(set) var generation: UInt32?

    /// A reply of which nothing has come yet.
    public init() {}

    /// The question, a whole message.
    public static let request = NFTRequest.message(NFTMessage.getGeneration, [])

    /// Takes the number.
    public mutating func take(_ message: NetlinkMessage) throws(ParseError) {
        guard message.kind == NFTMessage.newGeneration else { return }
        // nfgenmsg comes before the attributes.
        generation = NetlinkAttributes.first(1, in: message.body.dropFirst(4)).map {
            UInt32(truncatingIfNeeded: $0.networkNumber)
        }
    }
}

/// What the kernel tells of a table of IPv4, as one number that is another one where anything in the
/// table is: chains, rules, sets and their elements. Counters and the kernel's own numbers of things
/// do not count.
///
/// Source: linux/netfilter/nf_tables.h.
public struct NFTFingerprintReply: NetlinkReply {
    /// The number so far.
    public private(set) var fingerprint: UInt64 = 0
    /// The sets and maps that were told of.
    public private(set) var sets: [String] = []

    private let table: String
    /// How many rules each chain has so far: their order counts.
    private var rules: [String: Int] = [:]

    /// A reply about this table of which nothing has come yet.
    public init(table: String) { self.table = table }

    /// The questions for the table, and for all chains, rules and sets; the kernel refuses the first
    /// with ENOENT where there is no such table.
    public var requests: [[UInt8]] {
        let name = NFTRequest.text(1, table)
        return [NFTRequest.message(NFTMessage.getTable, name)]
            + [NFTMessage.getChain, NFTMessage.getRule, NFTMessage.getSet].map {
                NFTRequest.message($0, flags: NetlinkRequest.Flag.dump, name)
            }
    }

    /// The question for the elements of a set.
    public func request(elementsOf set: String) -> [UInt8] {
        NFTRequest.message(
            NFTMessage.getElements, flags: NetlinkRequest.Flag.dump,
            NFTRequest.text(1, table) + NFTRequest.text(2, set))
    }

    /// Takes what a message tells.
    public mutating func take(_ message: NetlinkMessage) throws(ParseError) {
        let fields = message.body.dropFirst(4)
        // Tables of other families may have the same name, and dumps may tell of all tables.
        guard message.body.first == 2,
            NetlinkAttributes.first(1, in: fields)?.zeroTerminated == table
        else { return }
        var hash = NFTHash()
        hash.add(UInt64(message.kind))
        switch message.kind {
        // NFTA_TABLE_FLAGS: one of them puts all of it to sleep.
        case NFTMessage.newTable: hash.add(fields, [2])
        // Name, hook, policy, type, flags.
        case NFTMessage.newChain: hash.add(fields, [3, 4, 5, 7, 10])
        case NFTMessage.newRule:
            let chain = NetlinkAttributes.first(2, in: fields)?.zeroTerminated ?? ""
            hash.add(UInt64(rules[chain, default: 0]))
            rules[chain, default: 0] += 1
            hash.add(fields, [2])
            for (_, expression) in NetlinkAttributes.all(4, in: fields) {
                hash.add(expression, Self.isCounter(expression) ? [1] : [1, 2])
            }
        case NFTMessage.newSet:
            if let name = NetlinkAttributes.first(2, in: fields) {
                sets.append(name.zeroTerminated)
            }
            // Name, flags, types and lengths of key and data.
            hash.add(fields, [2, 3, 4, 5, 6, 7])
        case NFTMessage.newElements:
            let set = NetlinkAttributes.first(2, in: fields)?.dropLast() ?? fields.suffix(0)
            for (_, element) in NetlinkAttributes.all(3, in: fields) {
                fingerprint &+= Self.hash(of: element, in: set)
            }
            return
        default: return
        }
        // A sum, as the kernel tells of elements in no order.
        fingerprint &+= hash.value
    }

    private static func hash(of element: NetlinkSlice, in set: NetlinkSlice) -> UInt64 {
        let none = element.suffix(0)
        var (key, flags, data, other) = (none, none, none, none)
        for (kind, value) in NetlinkAttributes(element) {
            switch kind {
            case 1: key = NetlinkAttributes.first(1, in: value) ?? value
            case 2: data = value
            case 3: flags = value
            // The end of the key.
            case 10: other = value
            default: continue
            }
        }
        let verdict = NetlinkAttributes.first(2, in: data).map { verdict in
            (
                NetlinkAttributes.first(1, in: verdict).map {
                    UInt32(truncatingIfNeeded: $0.networkNumber)
                } ?? 0,
                NetlinkAttributes.first(2, in: verdict)?.zeroTerminated ?? ""
            )
        }
        var hash = NFTHash()
        hash.addElement(of: set, key: key, flags: flags, verdict: verdict)
        if verdict == nil, !data.isEmpty { hash.add(bytes: data) }
        if !other.isEmpty { hash.add(bytes: other) }
        return hash.value
    }

    private static func isCounter(_ expression: NetlinkSlice) -> Bool {
        NetlinkAttributes.first(1, in: expression)?.zeroTerminated == "counter"
    }
}

extension NetlinkAttributes {
    /// What the list in an attribute of this kind holds; nothing where there is none.
    fileprivate static func all(_ kind: Int, in bytes: NetlinkSlice) -> NetlinkAttributes {
        NetlinkAttributes(first(kind, in: bytes) ?? bytes.suffix(0))
    }
}
