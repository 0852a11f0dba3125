import NATModel

/// The rules of a table, as their expressions.
///
/// Source: `NFT_MSG_GETRULE` in linux/netfilter/nf_tables.h.
public struct NFTRulesReply: NetlinkReply {
    /// The rules so far, in the order of evaluation within each chain.
    private(set) var rules: [Rule] = []
    /// The generations of the rules that the messages were of.
    public private(set) var generations: Set<Int> = []
    private let table: NFTTableName
    private let chain: String?

    /// A rule that nobody has looked at yet.
    struct Rule {
        var chain: String
        var expressions: [NFTExpression]
        var comment: String?
    }

    /// A reply about this table, or one chain of it, of which nothing has come yet.
    public init(of table: NFTTableName, chain: String? = nil) {
        self.table = table
        self.chain = chain
    }

    /// The sets that the rules look at.
    public var setNames: Set<String> {
        Set(
            rules.flatMap(\.expressions).filter { $0.name == "lookup" }.compactMap {
                $0.fields.text(1)
            })
    }

    /// The chains that the rules of this chain lead to, without those that maps lead to.
    func targets(of chain: String) -> [String] {
        rules.filter { $0.chain == chain }.flatMap(\.expressions)
            .filter { $0.name == "immediate" }
            .compactMap { NFTVerdict($0.fields.fields(2)?.fields(2))?.chain }
            .filter { !$0.isEmpty }
    }

    /// Every rule of the table or chain.
    public var question: [UInt8] {
        NFTMessage.dump(
            NFTMessage.getRule, family: table.family.rawValue,
            [(1, table.name)] + (chain.map { [(2, $0)] } ?? []))
    }

    /// Takes a rule.
    public mutating func take(_ message: NetlinkMessage) throws(ParseError) {
        guard message.kind == NFTMessage.newRule else { return }
        generations.insert(message.generation)
        let fields = NFTFields(message)
        // A kernel before 5.? tells of all tables whatever was asked for.
        guard let chain = fields.text(2), fields.text(1) == table.name,
            self.chain == nil || chain == self.chain
        else { return }
        rules.append(
            Rule(
                chain: chain,
                expressions: fields.list(4).compactMap { fields in
                    fields.text(1).map { NFTExpression(name: $0, fields: fields.fields(2)) }
                },
                comment: fields[7].flatMap(Self.comment)))
    }

    /// The comment among the user's data: type 0, length, text. Source: udata.h of libnftnl.
    private static func comment(_ data: ArraySlice<UInt8>) -> String? {
        var rest = data
        while rest.count >= 2, let kind = rest.first {
            let length = Int(rest[rest.startIndex + 1])
            let value = rest.dropFirst(2).prefix(length)
            if kind == 0 { return value.zeroTerminated }
            rest = rest.dropFirst(2 + length)
        }
        return nil
    }
}

/// One expression of a rule.
struct NFTExpression {
    let name: String
    let fields: NFTFields

    init(name: String, fields: NFTFields?) {
        self.name = name
        self.fields = fields ?? NFTFields([])
    }
}
