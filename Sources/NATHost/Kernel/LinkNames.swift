import NATModel
import NATParse

#if canImport(Glibc)
    import Glibc
#endif

/// Names and indexes of interfaces, each asked for once.
struct LinkNames {
    private var indexes: [String: Int?] = [:]
    private var names: [Int: String] = [:]

    /// The index of an interface; `nil` where there is none of this name.
    mutating func index(
        of name: String, _ conversation: inout NetlinkConversation
    ) throws(NetlinkConversation.Failure) -> Int? {
        if let known = indexes[name] { return known }
        let index = try Self.found { () throws(NetlinkConversation.Failure) in
            try conversation.ask(LinkReply.request(name: name), LinkReply())
        }?.interfaces.first?.index
        indexes[name] = .some(index)
        return index
    }

    /// The name of an interface; `if7` where it has gone in the meantime, as iproute2 says.
    mutating func name(
        of index: Int, _ conversation: inout NetlinkConversation
    ) throws(NetlinkConversation.Failure) -> String {
        if let known = names[index] { return known }
        let link = try Self.found { () throws(NetlinkConversation.Failure) in
            try conversation.ask(LinkReply.request(index: index), LinkReply())
        }?.interfaces.first
        let name = link?.name ?? "if\(index)"
        names[index] = name
        return name
    }

    /// What the kernel tells; `nil` where it says that there is no such interface.
    private static func found(
        _ ask: () throws(NetlinkConversation.Failure) -> LinkReply
    ) throws(NetlinkConversation.Failure) -> LinkReply? {
        do throws(NetlinkConversation.Failure) {
            return try ask()
        } catch {
            guard case .refused(let refusal) = error, refusal.number == ENODEV else { throw error }
            return nil
        }
    }
}
