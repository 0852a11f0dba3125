import NATModel

/// A set or map of nftables, with its elements.
///
/// Source: `NFT_MSG_GETSET` and `NFT_MSG_GETSETELEM` in linux/netfilter/nf_tables.h.
public struct NFTSet: Hashable, Sendable {
    /// Its name; that of a set without one begins with `__set` or `__map`.
    public var name: String
    /// Bytes of a key.
    var keyLength: Int
    /// Bytes of each part of a key that is put together of several; empty for a plain key.
    var parts: [Int]
    private var flags: Int
    /// Its elements, in the order of their keys.
    var elements: [Element] = []

    /// Whether it stands in one rule and has no name.
    var isAnonymous: Bool { flags & 0x1 != 0 }
    /// Whether its keys are intervals, of which every second element is an end.
    var isInterval: Bool { flags & 0x4 != 0 }
    var isMap: Bool { flags & 0x8 != 0 }
    /// Whether elements come and go by themselves, or by what packets do.
    var isDynamic: Bool { flags & 0x30 != 0 }

    /// An element; of an interval set one that begins or ends an interval.
    struct Element: Hashable, Sendable {
        var first: [UInt8]
        /// The last key of an interval; that of a plain key is the key.
        var last: [UInt8]
        var value: Value
        /// Whether it stands for every key that no other element has.
        var isCatchAll = false
    }

    /// What a map gives for a key.
    enum Value: Hashable, Sendable {
        case none
        case data([UInt8])
        case verdict(NFTVerdict)
    }

    init?(_ fields: NFTFields) {
        guard let name = fields.text(2) else { return nil }
        self.name = name
        flags = fields.number(3) ?? 0
        keyLength = fields.number(5) ?? 0
        parts = fields.fields(9)?.list(2).compactMap { $0.number(1) } ?? []
    }

    /// Takes the elements as the kernel told them, in whatever order.
    mutating func take(_ raw: [NFTElementsReply.Element]) {
        var elements: [Element] = []
        let catchAll = raw.filter(\.isCatchAll)
        let keyed = raw.filter { !$0.isCatchAll }
        if isInterval, parts.count < 2 {
            // Where intervals touch, an end stands at the same key as the next beginning.
            let sorted = keyed.sorted {
                $0.key != $1.key
                    ? $0.key.lexicographicallyPrecedes($1.key) : $0.isEnd && !$1.isEnd
            }
            var open: NFTElementsReply.Element?
            for element in sorted {
                if let open {
                    elements.append(
                        Element(
                            first: open.key, last: Self.before(element.key), value: open.value))
                }
                open = element.isEnd ? nil : element
            }
            if let open {
                elements.append(
                    Element(
                        first: open.key, last: [UInt8](repeating: 0xff, count: open.key.count),
                        value: open.value))
            }
        } else {
            elements = keyed.map {
                Element(first: $0.key, last: $0.keyEnd ?? $0.key, value: $0.value)
            }.sorted { $0.first.lexicographicallyPrecedes($1.first) }
        }
        self.elements =
            elements
            + catchAll.map { Element(first: [], last: [], value: $0.value, isCatchAll: true) }
    }

    /// The key before this one.
    private static func before(_ key: [UInt8]) -> [UInt8] {
        var key = key
        for place in key.indices.reversed() {
            key[place] &-= 1
            if key[place] != 0xff { break }
        }
        return key
    }
}

/// What nftables decides about a packet.
///
/// Source: `NFTA_VERDICT_*` in linux/netfilter/nf_tables.h, `NF_*` in linux/netfilter.h.
struct NFTVerdict: Hashable, Sendable {
    let code: Int
    let chain: String

    init?(_ fields: NFTFields?) {
        guard let fields, let code = fields.signed(1) else { return nil }
        self.code = code
        chain = fields.text(2) ?? ""
    }

    var effect: FilterEffect {
        switch code {
        case 0: .drop
        case 1: .accept
        case -1, -2: .nothing
        case -3: .jump(chain)
        case -4: .goto(chain)
        case -5: .return
        default: .unknown(words)
        }
    }

    var words: String {
        switch code {
        case 0: "drop"
        case 1: "accept"
        case -1: "continue"
        case -2: "break"
        case -3: "jump \(chain)"
        case -4: "goto \(chain)"
        case -5: "return"
        default: "queue"
        }
    }
}
