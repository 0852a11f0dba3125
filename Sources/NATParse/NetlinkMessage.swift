import NATModel

/// One message of a netlink socket. See netlink(7).
public struct NetlinkMessage {
    /// What it is, `nlmsg_type`.
    let kind: Int
    /// How it is meant, `nlmsg_flags`.
    let flags: Int
    /// The number of the question it answers, `nlmsg_seq`; 0 where nobody asked.
    let sequence: UInt32
    /// What comes after its header.
    let body: ArraySlice<UInt8>

    private static let headerLength = 16

    /// The messages in a buffer, and whether all of them were whole; what is cut short is none.
    static func split(_ bytes: some Collection<UInt8>) -> (messages: [Self], isWhole: Bool) {
        let bytes = Array(bytes)[...]
        var messages: [Self] = []
        var start = 0
        while start + headerLength <= bytes.count {
            let length = bytes[start...].number(4)
            guard length >= headerLength, start + length <= bytes.count else {
                return (messages, false)
            }
            messages.append(
                NetlinkMessage(
                    kind: bytes[(start + 4)...].number(2), flags: bytes[(start + 6)...].number(2),
                    sequence: UInt32(truncatingIfNeeded: bytes[(start + 8)...].number(4)),
                    body: bytes[(start + headerLength)..<(start + length)]))
            // Messages are aligned to four bytes.
            start += (length + 3) & ~3
        }
        return (messages, start >= bytes.count)
    }

    /// Gives a message that is to be sent its number, which the answer to it will have.
    public static func number(_ message: inout [UInt8], _ sequence: UInt32) {
        message.replaceSubrange(8..<12, with: NetlinkRequest.number(sequence))
    }

    /// What `rtmsg` and `fib_rule_hdr` alike hold to ask for all of IPv4: the family, and zeros.
    static let ofIPv4: [UInt8] = [2] + [UInt8](repeating: 0, count: 11)

    /// The message that asks for every object of a kind: `NLM_F_REQUEST` and `NLM_F_DUMP`.
    static func dump(kind: Int, body: [UInt8]) -> [UInt8] {
        let length = headerLength + body.count
        let header = [UInt8(length), 0, 0, 0, UInt8(kind & 0xff), UInt8(kind >> 8), 0x01, 0x03]
        return header + [UInt8](repeating: 0, count: 8) + body
    }
}

/// The attributes in a message, or within another one: `rtattr` and `nlattr` are laid out alike.
struct NetlinkAttributes: Sequence, IteratorProtocol {
    private var rest: ArraySlice<UInt8>

    init(_ bytes: ArraySlice<UInt8>) { rest = bytes }

    /// The next one, without the flags in its kind; `nil` where nothing whole is left.
    mutating func next() -> (kind: Int, value: ArraySlice<UInt8>)? {
        guard rest.count >= 4 else { return nil }
        let length = rest.number(2)
        guard length >= 4, length <= rest.count else { return nil }
        let kind = rest.dropFirst(2).number(2) & 0x3fff
        let value = rest.prefix(length).dropFirst(4)
        rest = rest.dropFirst((length + 3) & ~3)
        return (kind, value)
    }
}

extension ArraySlice<UInt8> {
    /// The number in its first bytes. Netlink speaks the host's byte order, which is little-endian
    /// wherever natdeck runs.
    func number(_ count: Int) -> Int {
        var number = 0
        for (place, byte) in prefix(count).enumerated() { number |= Int(byte) << (8 * place) }
        return number
    }

    /// The number in all of its bytes, in network byte order.
    var networkNumber: UInt64 { reduce(0) { $0 << 8 | UInt64($1) } }

    /// The address in its first bytes, in network byte order.
    var address: IPv4Address {
        IPv4Address(rawValue: UInt32(truncatingIfNeeded: prefix(4).networkNumber))
    }

    /// The text that ends with a zero byte.
    var zeroTerminated: String {
        String(decoding: prefix { $0 != 0 }, as: UTF8.self).strippedOfControls
    }
}
