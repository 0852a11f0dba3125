/// One message of a netlink socket. See netlink(7).
struct NetlinkMessage {
    /// What it is, `nlmsg_type`.
    let kind: Int
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
                    kind: bytes[(start + 4)...].number(2),
                    body: bytes[(start + headerLength)..<(start + length)]))
            // Messages are aligned to four bytes.
            start += (length + 3) & ~3
        }
        return (messages, true)
    }
}

extension ArraySlice<UInt8> {
    /// The number in its first bytes. Netlink speaks the host's byte order, which is little-endian
    /// wherever natdeck runs.
    func number(_ count: Int) -> Int {
        zip(0..., prefix(count)).reduce(0) { $0 | Int($1.1) << (8 * $1.0) }
    }
}
