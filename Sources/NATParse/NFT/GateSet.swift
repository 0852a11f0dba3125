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
        }
    }

    /// What is deleted and what is added where it was another one before; `nil` where it is of
    /// another kind.
    func messages(since before: GateSet) -> (deletions: [[UInt8]], additions: [[UInt8]])? {
        guard before.name == name else { return nil }
        let (gone, new): (NFTElements, NFTElements)
        switch (before.content, content) {
        case (.ranges(let before), .ranges(let after)):
            let (kept, wanted) = (Set(before), Set(after))
            gone = NFTElements(
                ranges: before.filter { !wanted.contains($0) }, beginsSet: after.isEmpty)
            new = NFTElements(
                ranges: after.filter { !kept.contains($0) }, beginsSet: before.isEmpty)
        case (.verdicts(let before, let length), .verdicts(let after, let other))
        where length == other:
            let (kept, wanted) = (Set(before), Set(after))
            gone = Self.elements(
                before.filter { !wanted.contains($0) }, length, beginsSet: after.isEmpty)
            new = Self.elements(
                after.filter { !kept.contains($0) }, length, beginsSet: before.isEmpty)
        default: return nil
        }
        return (
            gone.messages(NFTMessage.deleteElements, table: Gate.table, set: name),
            new.messages(NFTMessage.newElements, table: Gate.table, set: name)
        )
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
