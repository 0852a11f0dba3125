/// How far the answer to a question has come.
public enum NetlinkProgress: Hashable, Sendable {
    /// More messages come.
    case more
    /// All was told, or what was asked for was done.
    case end
    /// The objects changed while the kernel told of them: some may be missing, so ask anew.
    case changed
    /// The kernel refuses, with the number of an error such as 1 for EPERM, and perhaps with a
    /// sentence.
    case refused(Int32, sentence: String? = nil)
}

/// The answer to one question, as it comes in one buffer after the other. See netlink(7).
public struct NetlinkExchange {
    private let sequence: UInt32
    private var hasChanged = false

    /// Source: linux/netlink.h.
    private enum Kind {
        static let nothing = 1  // NLMSG_NOOP
        static let error = 2
        static let done = 3
    }

    private enum Flag {
        static let isOneOfMany = 0x2  // NLM_F_MULTI
        static let isInterrupted = 0x10  // NLM_F_DUMP_INTR
        static let isCapped = 0x100  // NLM_F_CAPPED
        static let hasAttributes = 0x200  // NLM_F_ACK_TLVS
    }

    /// The answer to the question with this number.
    public init(_ sequence: UInt32) { self.sequence = sequence }

    /// Takes a buffer and hands over the objects told of in it. Answers to other questions, such
    /// as one that was given up, are passed over.
    public mutating func take(
        _ bytes: UnsafeRawBufferPointer, _ body: (NetlinkMessage) throws(ParseError) -> Void
    ) throws(ParseError) -> NetlinkProgress {
        var messages = NetlinkMessages(bytes)
        while let message = messages.next() {
            guard message.sequence == sequence else { continue }
            if message.flags & Flag.isInterrupted != 0 { hasChanged = true }
            switch message.kind {
            case Kind.nothing: continue
            case Kind.error, Kind.done:
                let ending = Self.ending(message)
                return ending == .end && hasChanged ? .changed : ending
            default:
                try body(message)
                if message.flags & Flag.isOneOfMany == 0 { return .end }
            }
        }
        if messages.isCutShort { throw ParseError("a netlink message that is cut short", in: "") }
        return .more
    }

    /// Of NLMSG_ERROR and NLMSG_DONE: a number below zero, in 32 bits; then what was asked, and
    /// attributes.
    private static func ending(_ message: NetlinkMessage) -> NetlinkProgress {
        let number = 0 &- Int32(truncatingIfNeeded: message.body.number(4))
        guard number != 0 else { return .end }
        guard message.kind == Kind.error, message.flags & Flag.hasAttributes != 0 else {
            return .refused(number)
        }
        let question = message.body.dropFirst(4)
        let length =
            message.flags & Flag.isCapped != 0
            ? NetlinkMessage.headerLength : (question.number(4) + 3) & ~3
        // NLMSGERR_ATTR_MSG
        let sentence = NetlinkAttributes.first(1, in: question.dropFirst(length))
        return .refused(number, sentence: sentence?.zeroTerminated)
    }
}
