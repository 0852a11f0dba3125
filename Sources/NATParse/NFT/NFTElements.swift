import NATModel

/// The elements of a set or map of addresses, in the order in which they are sent.
///
/// In a set of ranges an element begins a range and another one, with a flag, ends it before its
/// own address. See `nft_set_elem_flags` in linux/netfilter/nf_tables.h.
struct NFTElements {
    private var all: [Element] = []

    /// One of them.
    private struct Element {
        let address: UInt32
        /// `NFT_SET_ELEM_INTERVAL_END`.
        var isEnd = false
        /// What becomes of packets; `nil` in a set.
        var verdict: NFTDecision?
        /// Whether no element can end its range: it goes to the last address there is.
        var isOpen = false
        /// The address that it stands for, in a map of those.
        var other: IPv4Address?
    }

    /// How many of them fit into one attribute, whose length has 16 bits; the longest has 60 bytes.
    private static let mostInMessage = 1000

    /// Single addresses, and what becomes of each.
    init(_ verdicts: [(address: IPv4Address, verdict: NFTDecision)]) {
        all = verdicts.map { Element(address: $0.address.rawValue, verdict: $0.verdict) }
    }

    /// Single addresses, and the address that each stands for.
    init(_ pairs: [(address: IPv4Address, other: IPv4Address)]) {
        all = pairs.map { Element(address: $0.address.rawValue, other: $0.other) }
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
            all.append(Element(address: 0, isEnd: true))
        }
        for (range, verdict) in ranges {
            let isOpen = range.upperBound == .max
            all.append(Element(address: range.lowerBound, verdict: verdict, isOpen: isOpen))
            if !isOpen { all.append(Element(address: range.upperBound + 1, isEnd: true)) }
        }
    }

    /// The messages that put them into a set or map of this table, or take them out of it.
    func messages(_ kind: Int, table: String, set: String) -> [[UInt8]] {
        stride(from: 0, to: all.count, by: Self.mostInMessage).map { first in
            let part = all[first..<min(first + Self.mostInMessage, all.count)]
            return NFTRequest.message(
                kind, flags: kind == NFTMessage.newElements ? NetlinkRequest.Flag.create : 0,
                NFTRequest.text(1, table) + NFTRequest.text(2, set)
                    + NFTRequest.nested(3, Array(part.lazy.map(Self.bytes).joined())))
        }
    }

    /// The sum of what ``NFTFingerprintReply`` makes of them once the kernel tells of them.
    func fingerprint(set: String) -> UInt64 {
        all.reduce(0) { sum, element in
            var hash = NFTHash()
            hash.addElement(
                of: set.utf8, key: NFTRequest.networkBytes(element.address),
                flags: element.isEnd ? NFTRequest.networkBytes(1) : [],
                verdict: element.verdict.map { ($0.code, $0.chain ?? "") })
            return sum &+ hash.value
        }
    }

    private static func bytes(_ element: Element) -> [UInt8] {
        let key = NFTRequest.nested(1, NFTRequest.number(1, element.address))
        if element.isEnd { return NFTRequest.element(NFTRequest.number(3, 1) + key) }
        return NFTRequest.element(
            key + (element.verdict.map { NFTRequest.nested(2, $0.bytes) } ?? [])
                + (element.other.map {
                    NFTRequest.nested(2, NFTRequest.number(1, $0.rawValue))
                } ?? [])
                // For nft(8) that is said: a flag of the element.
                + (element.isOpen ? NFTRequest.attribute(6, [1, 4, 1, 0, 0, 0]) : []))
    }
}
