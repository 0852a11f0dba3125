import NATModel
import NATParse

#if canImport(Glibc)
    import Glibc
#endif

/// Asks the kernel for the chains of nftables, their rules and sets, as nft(8) does.
enum NFTables {
    private static let thread = WorkingThread("nftables")
    private static let command = "nft list ruleset"
    /// How often it is asked where the rules change meanwhile.
    private static let tries = 5

    /// The tables that hold such chains; `.value(nil)` where the kernel has no nftables.
    static func read(
        _ part: NFTPart, _ sockets: any NetlinkOpener = KernelSockets()
    ) async -> Reading<[NATRuleSet]?> {
        await thread.run { _ in reading(part, sockets) }
    }

    /// The bits of marks that rules name.
    static func markBits(_ sockets: any NetlinkOpener) async -> Reading<UInt32> {
        await thread.run { _ in
            do throws(NetlinkConversation.Failure) {
                var conversation = try NetlinkConversation(.netfilter, sockets)
                return .value(try conversation.gather(NFTMarksReply()).bits)
            } catch {
                guard case .refused(let refusal) = error, isLack(refusal) else {
                    return .failed(ReadFailure(command, error.reason))
                }
                return .value(0)
            }
        }
    }

    /// Whether the kernel has no nftables: it knows no such question.
    private static func isLack(_ refusal: KernelError) -> Bool {
        [EINVAL, EOPNOTSUPP, EPROTONOSUPPORT, EAFNOSUPPORT].contains(refusal.number)
    }

    private static func reading(
        _ part: NFTPart, _ sockets: any NetlinkOpener
    ) -> Reading<[NATRuleSet]?> {
        do throws(NetlinkConversation.Failure) {
            var conversation = try NetlinkConversation(.netfilter, sockets)
            for _ in 0..<tries {
                if let tables = try answer(part, &conversation, sockets) { return .value(tables) }
            }
            throw .changing
        } catch {
            guard case .refused(let refusal) = error else {
                return .failed(ReadFailure(command, error.reason))
            }
            if isLack(refusal) { return .value(nil) }
            return .failed(
                ReadFailure(
                    command, error.reason,
                    fix: refusal.number == EPERM ? "run it as root" : nil))
        }
    }

    /// `nil` where the rules changed between two of the questions.
    private static func answer(
        _ part: NFTPart, _ conversation: inout NetlinkConversation,
        _ sockets: any NetlinkOpener
    ) throws(NetlinkConversation.Failure) -> [NATRuleSet]? {
        let tables = try conversation.gather(NFTTablesReply())
        if tables.tables.isEmpty { return [] }
        let chains = try conversation.gather(NFTChainsReply())
        var generations = tables.generations.union(chains.generations)
        var ruleset = NFTRuleset(part, tables: tables, chains: chains)
        do throws(NetlinkConversation.Failure) {
            while generations.count < 2, let question = ruleset.next() {
                switch question {
                case .rules(let table, let chain):
                    let empty = NFTRulesReply(of: table, chain: chain)
                    let reply = try conversation.ask(empty.question, empty)
                    generations.formUnion(reply.generations)
                    ruleset.take(reply, of: chain, in: table)
                case .sets(let table):
                    let empty = NFTSetsReply(of: table)
                    let reply = try conversation.ask(empty.question, empty)
                    generations.formUnion(reply.generations)
                    ruleset.take(reply, in: table)
                case .elements(let table, let set):
                    let empty = NFTElementsReply(of: set, in: table)
                    let reply = try conversation.ask(empty.question, empty)
                    generations.formUnion(reply.generations)
                    ruleset.take(reply, of: set, in: table)
                }
            }
        } catch {
            // What was there a moment ago has gone.
            if case .refused(let refusal) = error, refusal.number == ENOENT { return nil }
            throw error
        }
        guard generations.count < 2 else { return nil }
        return ruleset.tables(naming: try names(sockets))
    }

    /// Rules name interfaces by their numbers too.
    private static func names(
        _ sockets: any NetlinkOpener
    ) throws(NetlinkConversation.Failure) -> [Int: String] {
        var conversation = try NetlinkConversation(.route, sockets)
        return Dictionary(
            try conversation.gather(LinkReply()).interfaces.map { ($0.index, $0.name) },
            uniquingKeysWith: { first, _ in first })
    }
}
