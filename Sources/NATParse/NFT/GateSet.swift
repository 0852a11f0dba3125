import NATModel

/// A set or map of natdeck's own table, with all that is in it.
struct GateSet {
    let name: String
    let content: Content

    /// What is in it.
    enum Content: Hashable {
        /// Ranges of addresses in ascending order, none of which has an address of another.
        case ranges([ClosedRange<UInt32>])
        /// Networks of one length in ascending order, and what becomes of each.
        case verdicts([Verdict], length: Int)
        /// Sources of one length in ascending order, and the number of the chain that marks each.
        case numbers(ArraySlice<SourceMap.Entry>, length: Int)
        /// Addresses in ascending order, and the one that each stands for.
        case addresses([Pair])
    }

    /// An address, and the one that it stands for.
    struct Pair: Hashable {
        let address: IPv4Address
        let other: IPv4Address
    }

    /// A network, and what becomes of packets that come from it.
    struct Verdict: Hashable {
        let network: IPv4Prefix
        let decision: NFTDecision
    }

    /// Makes it, with what is in it.
    ///
    /// - Parameter number: its place among the sets of the table, from 1 on.
    func messages(number: UInt32) -> [[UInt8]] {
        switch content {
        case .ranges(let ranges):
            [set(number)]
                + NFTElements(ranges: ranges).messages(
                    NFTMessage.newElements, table: Gate.table, set: name)
        case .verdicts(let verdicts, let length):
            [map(number, isInterval: length < 32)]
                + Self.elements(verdicts, length).messages(
                    NFTMessage.newElements, table: Gate.table, set: name)
        case .numbers(let entries, let length):
            [map(number, isInterval: length < 32)]
                + Self.elements(Self.verdicts(entries), length).messages(
                    NFTMessage.newElements, table: Gate.table, set: name)
        case .addresses(let pairs):
            [addressMap(number)]
                + NFTElements(pairs.map { (address: $0.address, other: $0.other) }).messages(
                    NFTMessage.newElements, table: Gate.table, set: name)
        }
    }

    /// What differs from another one.
    struct Difference {
        var deletions: [[UInt8]] = []
        var additions: [[UInt8]] = []
        /// By how much the fingerprint of the table changes; `nil` where that has to be asked.
        var fingerprint: UInt64? = 0
    }

    /// What is deleted and what is added where it was another one before; `nil` where it is of
    /// another kind.
    func difference(from before: GateSet) -> Difference? {
        guard before.name == name else { return nil }
        let (gone, new): (NFTElements, NFTElements)
        var isTold = true
        switch (before.content, content) {
        case (.ranges(let old), .ranges(let wanted)):
            let apart = Self.apart(old, wanted, at: \.lowerBound)
            gone = NFTElements(ranges: apart.gone, beginsSet: wanted.isEmpty)
            new = NFTElements(ranges: apart.new, beginsSet: old.isEmpty)
        case (.verdicts(let old, let length), .verdicts(let wanted, let other))
        where length == other:
            let apart = Self.apart(old, wanted, at: \.network.network.rawValue)
            gone = Self.elements(apart.gone, length, beginsSet: wanted.isEmpty)
            new = Self.elements(apart.new, length, beginsSet: old.isEmpty)
        case (.numbers(let old, let length), .numbers(let wanted, let other))
        where length == other:
            let apart = Self.apart(old, wanted, at: \.source.network.rawValue)
            gone = Self.elements(Self.verdicts(apart.gone), length, beginsSet: wanted.isEmpty)
            new = Self.elements(Self.verdicts(apart.new), length, beginsSet: old.isEmpty)
        case (.addresses(let old), .addresses(let wanted)):
            let apart = Self.apart(old, wanted, at: \.address.rawValue)
            gone = NFTElements(apart.gone.map { (address: $0.address, other: $0.other) })
            new = NFTElements(apart.new.map { (address: $0.address, other: $0.other) })
            isTold = apart.gone.isEmpty && apart.new.isEmpty
        default: return nil
        }
        return Difference(
            deletions: gone.messages(NFTMessage.deleteElements, table: Gate.table, set: name),
            additions: new.messages(NFTMessage.newElements, table: Gate.table, set: name),
            fingerprint: isTold
                ? new.fingerprint(set: name) &- gone.fingerprint(set: name) : nil)
    }

    /// What only one of two has, both in ascending order: one look at each, whatever there is of them.
    private static func apart<Elements: RandomAccessCollection<Element>, Element: Equatable>(
        _ old: Elements, _ wanted: Elements, at place: (Element) -> UInt32
    ) -> (gone: [Element], new: [Element]) where Elements.Index == Int {
        var (gone, new): ([Element], [Element]) = ([], [])
        var (oldIndex, newIndex) = (old.startIndex, wanted.startIndex)
        while oldIndex < old.endIndex, newIndex < wanted.endIndex {
            let (one, other) = (old[oldIndex], wanted[newIndex])
            let isSame = one == other
            let isBehind = place(one) <= place(other)
            if place(other) <= place(one) {
                if !isSame { new.append(other) }
                newIndex += 1
            }
            if isBehind {
                if !isSame { gone.append(one) }
                oldIndex += 1
            }
        }
        return (gone + old[oldIndex...], new + wanted[newIndex...])
    }

    /// What becomes of the sources of the map.
    private static func verdicts(_ entries: some Sequence<SourceMap.Entry>) -> [Verdict] {
        // Of ten thousand entries few are not alike.
        var decisions: [Int: NFTDecision] = [:]
        return entries.map { entry in
            let known = decisions[entry.number]
            let decision = known ?? NFTDecision.goto(chain: SourceMap.chain(of: entry.number))
            if known == nil { decisions[entry.number] = decision }
            return Verdict(network: entry.source, decision: decision)
        }
    }

    private static func elements(
        _ verdicts: [Verdict], _ length: Int, beginsSet: Bool = true
    ) -> NFTElements {
        length == 32
            ? NFTElements(verdicts.map { (address: $0.network.network, verdict: $0.decision) })
            : NFTElements(
                verdicts.map { (network: $0.network, verdict: $0.decision) }, beginsSet: beginsSet)
    }

    /// A set of ranges. What nft(8) needs to list it stands in its user data: the byte order of the
    /// key, and that neighbours are merged.
    private func set(_ number: UInt32) -> [UInt8] {
        message(
            flags: Flag.interval, number: number, attributes: [],
            notes: [0, 4, 2, 0, 0, 0, 2, 4, 1, 0, 0, 0])
    }

    /// A map from addresses, or from ranges of them, to verdicts.
    private func map(_ number: UInt32, isInterval: Bool) -> [UInt8] {
        message(
            flags: isInterval ? Flag.map | Flag.interval : Flag.map, number: number,
            // NFT_DATA_VERDICT, which has no length.
            attributes: NFTRequest.number(6, 0xffff_ff00) + NFTRequest.number(7, 0),
            notes: [0, 4, 2, 0, 0, 0, 1, 4, 0, 0, 0, 0, 6, 4, 0, 0, 0, 0])
    }

    /// A map from addresses to addresses.
    private func addressMap(_ number: UInt32) -> [UInt8] {
        message(
            flags: Flag.map, number: number,
            // The number of nft(8) for an IPv4 address, and its length.
            attributes: NFTRequest.number(6, 7) + NFTRequest.number(7, 4),
            notes: [0, 4, 2, 0, 0, 0, 1, 4, 2, 0, 0, 0, 6, 4, 0, 0, 0, 0])
    }

    /// `NFT_SET_*`.
    private enum Flag {
        static let interval: UInt32 = 4
        static let map: UInt32 = 8
    }

    private func message(
        flags: UInt32, number: UInt32, attributes: [UInt8], notes: [UInt8]
    ) -> [UInt8] {
        NFTRequest.message(
            NFTMessage.newSet, flags: NetlinkRequest.Flag.create,
            NFTRequest.text(1, Gate.table) + NFTRequest.text(2, name)
                + NFTRequest.number(3, flags)
                // The number of nft(8) for an IPv4 address, and its length.
                + NFTRequest.number(4, 7) + NFTRequest.number(5, 4) + attributes
                + NFTRequest.number(10, number) + NFTRequest.attribute(13, notes))
    }
}
