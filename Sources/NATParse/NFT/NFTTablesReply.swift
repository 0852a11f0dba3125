/// What the kernel answers to the question for every table of nftables.
///
/// Source: `NFT_MSG_GETTABLE`, which nft(8) asks for `nft list tables`.
public struct NFTTablesReply: NetlinkDump {
    /// The tables so far that IPv4 packets pass.
    public private(set) var tables: [Table] = []
    /// The generations of the rules that the messages were of: more than one where they changed.
    public private(set) var generations: Set<Int> = []

    /// A table.
    public struct Table: Hashable, Sendable {
        /// Its name and family.
        public var name: NFTTableName
        /// What the kernel counts tables by, the newer the larger.
        public var handle: UInt64
        /// Whether its base chains are off.
        public var isDormant: Bool
    }

    /// A reply of which nothing has come yet.
    public init() {}

    /// Every table of every family.
    public static let request = NFTMessage.dump(NFTMessage.getTable, family: 0)

    /// Takes a table.
    public mutating func take(_ message: NetlinkMessage) throws(ParseError) {
        guard message.kind == NFTMessage.newTable,
            let family = message.body.first.flatMap(NFTFamily.init)
        else { return }
        generations.insert(message.generation)
        let fields = NFTFields(message)
        guard let name = fields.text(1) else { return }
        tables.append(
            Table(
                name: NFTTableName(family, name), handle: fields.unsigned(4) ?? 0,
                isDormant: (fields.number(2) ?? 0) & 1 != 0))
    }
}

extension NetlinkMessage {
    /// The generation of the rules it tells of, `nfgenmsg.res_id`.
    var generation: Int { Int(body.dropFirst(2).prefix(2).networkNumber) }
}
