import NATModel

/// What the kernel answers to the question for every chain of nftables; none of their rules come
/// with it, so it is short.
///
/// Source: `NFT_MSG_GETCHAIN` in linux/netfilter/nf_tables.h; nft(8) asks the same for
/// `nft list chains`.
public struct NFTChainsReply: NetlinkDump {
    /// The chains so far that IPv4 packets pass.
    public private(set) var chains: [Chain] = []
    /// The generations of the rules that the messages were of.
    public private(set) var generations: Set<Int> = []

    /// A chain without its rules.
    public struct Chain: Hashable, Sendable {
        /// The table that holds it.
        public var table: NFTTableName
        /// The chain, with what it counts at its policy.
        public var chain: NATChain
    }

    /// A reply of which nothing has come yet.
    public init() {}

    /// Every chain of every family.
    public static let request = NFTMessage.dump(NFTMessage.getChain, family: 0)

    /// Takes a chain.
    public mutating func take(_ message: NetlinkMessage) throws(ParseError) {
        guard message.kind == NFTMessage.newChain,
            let family = message.body.first.flatMap(NFTFamily.init)
        else { return }
        generations.insert(message.generation)
        let fields = NFTFields(message)
        guard let table = fields.text(1), let name = fields.text(3) else { return }
        chains.append(
            Chain(table: NFTTableName(family, table), chain: Self.chain(name, family, fields)))
    }

    private static func chain(
        _ name: String, _ family: NFTFamily, _ fields: NFTFields
    ) -> NATChain {
        let hooks = family.hooks
        // A chain without a hook is only jumped to.
        guard let hook = fields.fields(4), let place = hook.number(1), hooks.indices.contains(place)
        else { return NATChain(name: name, references: fields.number(6)) }
        let counters = fields.fields(8)
        return NATChain(
            name: name, policy: fields.number(5) == 0 ? "DROP" : "ACCEPT",
            packets: counters?.unsigned(2), bytes: counters?.unsigned(1),
            base: NATChain.Base(
                type: fields.text(7) ?? "", hook: hooks[place], priority: hook.signed(2) ?? 0,
                handle: fields.unsigned(2) ?? 0,
                devices: ["ingress", "egress"].contains(hooks[place]) ? devices(hook) : nil))
    }

    /// `NFTA_HOOK_DEV`, or `NFTA_HOOK_DEVS` with names and, of a kernel since 6.16, beginnings of
    /// names.
    private static func devices(_ hook: NFTFields) -> [InterfaceSelector.Pattern] {
        let several = hook.names(4).map {
            InterfaceSelector.Pattern($0.name, isPrefix: $0.kind == 2)
        }
        guard several.isEmpty, let one = hook[3] else { return several }
        return [InterfaceSelector.Pattern(KernelName.text(one.prefix { $0 != 0 }))]
    }
}
