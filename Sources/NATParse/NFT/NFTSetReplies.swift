/// The sets and maps of a table, without their elements.
///
/// Source: `NFT_MSG_GETSET` in linux/netfilter/nf_tables.h.
public struct NFTSetsReply: NetlinkReply {
    /// The sets so far.
    public private(set) var sets: [NFTSet] = []
    /// The generations of the rules that the messages were of.
    public private(set) var generations: Set<Int> = []
    private let table: NFTTableName

    /// A reply about this table, of which nothing has come yet.
    public init(of table: NFTTableName) { self.table = table }

    /// Every set of the table.
    public var question: [UInt8] {
        NFTMessage.dump(NFTMessage.getSet, family: table.family.rawValue, [(1, table.name)])
    }

    /// Takes a set.
    public mutating func take(_ message: NetlinkMessage) throws(ParseError) {
        guard message.kind == NFTMessage.newSet else { return }
        generations.insert(message.generation)
        if let set = NFTSet(NFTFields(message)) { sets.append(set) }
    }
}

/// The elements of a set or map.
///
/// Source: `NFT_MSG_GETSETELEM` in linux/netfilter/nf_tables.h.
public struct NFTElementsReply: NetlinkReply {
    /// The elements so far.
    private(set) var elements: [Element] = []
    /// The generations of the rules that the messages were of.
    public private(set) var generations: Set<Int> = []
    private let table: NFTTableName
    private let set: String

    /// An element as the kernel tells it.
    struct Element {
        var key: [UInt8]
        var keyEnd: [UInt8]?
        var isEnd: Bool
        var isCatchAll: Bool
        var value: NFTSet.Value
    }

    /// A reply about this set, of which nothing has come yet.
    public init(of set: String, in table: NFTTableName) {
        self.set = set
        self.table = table
    }

    /// Every element of the set.
    public var question: [UInt8] {
        NFTMessage.dump(
            NFTMessage.getElements, family: table.family.rawValue, [(1, table.name), (2, set)])
    }

    /// Takes some elements.
    public mutating func take(_ message: NetlinkMessage) throws(ParseError) {
        guard message.kind == NFTMessage.newElements else { return }
        generations.insert(message.generation)
        for fields in NFTFields(message).list(3) {
            let flags = fields.number(3) ?? 0
            let data = fields.fields(2)
            elements.append(
                Element(
                    key: fields.data(1) ?? [], keyEnd: fields.data(10), isEnd: flags & 1 != 0,
                    isCatchAll: flags & 2 != 0,
                    value: data?[1].map { .data(Array($0)) }
                        ?? NFTVerdict(data?.fields(2)).map { .verdict($0) } ?? .none))
        }
    }
}
