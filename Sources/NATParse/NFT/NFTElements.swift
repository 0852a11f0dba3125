import NATModel

/// The elements of a set or map of addresses, in the order in which they are sent.
///
/// In a set of ranges an element begins a range and another one, with a flag, ends it before its
/// own address. See `nft_set_elem_flags` in linux/netfilter/nf_tables.h.
struct NFTElements {
    /// Each of them, as it stands in a list.
    private(set) var all: [[UInt8]] = []

    /// How many of them fit into one attribute, whose length has 16 bits; the longest has 60 bytes.
    private static let mostInMessage = 1000

    /// Single addresses, and what becomes of each.
    init(_ verdicts: [(address: IPv4Address, verdict: NFTDecision)]) {
        all = verdicts.map { address, verdict in
            NFTRequest.element(Self.key(address.rawValue) + Self.data(verdict))
        }
    }

    /// Ranges in ascending order, none of which has an address of another.
    ///
    /// - Parameter beginsSet: whether nothing else is in the set.
    init(ranges: [ClosedRange<UInt32>], beginsSet: Bool = true) {
        self.init(ranges.map { ($0, nil) }, beginsSet)
    }

    /// Networks in ascending order, none of which has an address of another, and what becomes of
    /// each.
    init(_ verdicts: [(network: IPv4Prefix, verdict: NFTDecision)], beginsSet: Bool = true) {
        self.init(
            verdicts.map { network, verdict in
                (network.network.rawValue...network.last.rawValue, verdict)
            }, beginsSet)
    }

    private init(
        _ ranges: [(range: ClosedRange<UInt32>, verdict: NFTDecision?)], _ beginsSet: Bool
    ) {
        // What is before the first range is in none.
        if beginsSet, let first = ranges.first, first.range.lowerBound > 0 {
            all.append(Self.end(0))
        }
        for (range, verdict) in ranges {
            let begin = Self.key(range.lowerBound) + (verdict.map(Self.data) ?? [])
            if range.upperBound < .max {
                all += [NFTRequest.element(begin), Self.end(range.upperBound + 1)]
            } else {
                // No element can end it. For nft(8) that is said: a flag of the element.
                all.append(
                    NFTRequest.element(begin + NFTRequest.attribute(6, [1, 4, 1, 0, 0, 0])))
            }
        }
    }

    /// The messages that put them into a set or map of this table, or take them out of it.
    func messages(_ kind: Int, table: String, set: String) -> [[UInt8]] {
        stride(from: 0, to: all.count, by: Self.mostInMessage).map { first in
            let part = all[first..<min(first + Self.mostInMessage, all.count)]
            return NFTRequest.message(
                kind, flags: kind == NFTMessage.newElements ? NetlinkRequest.Flag.create : 0,
                NFTRequest.text(1, table) + NFTRequest.text(2, set)
                    + NFTRequest.nested(3, Array(part.joined())))
        }
    }

    private static func key(_ address: UInt32) -> [UInt8] {
        NFTRequest.nested(1, NFTRequest.number(1, address))
    }

    private static func data(_ verdict: NFTDecision) -> [UInt8] {
        NFTRequest.nested(2, verdict.bytes)
    }

    /// `NFT_SET_ELEM_INTERVAL_END`.
    private static func end(_ address: UInt32) -> [UInt8] {
        NFTRequest.element(NFTRequest.number(3, 1) + key(address))
    }
}
