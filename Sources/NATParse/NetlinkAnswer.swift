/// The answer to a single message: what it asked for, or whether it was done.
public enum NetlinkAnswer: Hashable, Sendable {
    /// The kernel did it.
    case acknowledged
    /// The kernel refuses, with the number of an error and perhaps a sentence.
    case refused(Int32, sentence: String?)
    /// The interface has this index: the answer to `InterfaceQuestion`.
    case interface(index: UInt32)

    /// The answer to the message with this number; `nil` where none of these messages is one.
    public static func find(
        _ sequence: UInt32, in bytes: some Collection<UInt8>
    ) throws(ParseError) -> NetlinkAnswer? {
        let (messages, isWhole) = NetlinkMessage.split(bytes)
        for message in messages where message.sequence == sequence {
            switch message.kind {
            case 2: return try acknowledgement(message)
            case InterfaceQuestion.reply where message.body.count >= 8:
                let index = message.body.dropFirst(4).number(4)
                return .interface(index: UInt32(truncatingIfNeeded: index))
            default: continue
            }
        }
        if !isWhole { throw ParseError("a netlink message that is cut short", in: "") }
        return nil
    }

    /// `NLMSG_ERROR`: a number below zero, the header of the question, then attributes.
    private static func acknowledgement(
        _ message: NetlinkMessage
    ) throws(ParseError) -> NetlinkAnswer {
        guard message.body.count >= 4 else {
            throw ParseError("a netlink message that is cut short", in: "")
        }
        let number = 0 &- Int32(truncatingIfNeeded: message.body.number(4))
        guard number != 0 else { return .acknowledged }
        // NLM_F_ACK_TLVS: attributes come after the question's header.
        guard message.flags & 0x200 != 0 else { return .refused(number, sentence: nil) }
        // NLM_F_CAPPED: the rest of the question is left out.
        let question = message.body.dropFirst(4)
        let length = message.flags & 0x100 != 0 ? 16 : (question.number(4) + 3) & ~3
        var sentence: String?
        for (kind, value) in NetlinkAttributes(question.dropFirst(length)) where kind == 1 {
            sentence = value.zeroTerminated
        }
        return .refused(number, sentence: sentence)
    }
}

/// The question for one interface by its name. Source: `RTM_GETLINK` of rtnetlink(7).
public enum InterfaceQuestion {
    /// `RTM_NEWLINK`.
    static let reply = 16

    /// The message that asks.
    public static func message(name: String) -> [UInt8] {
        var request = NetlinkRequest(
            kind: 18, flags: NetlinkRequest.Flag.request,
            body: [UInt8](repeating: 0, count: 16))
        // IFLA_IFNAME.
        request.attribute(3, Array(name.utf8) + [0])
        return request.message
    }
}
