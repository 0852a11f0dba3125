/// A message to the kernel, put together piece by piece. See netlink(7).
struct NetlinkRequest {
    /// The message so far, without its length.
    private var bytes: [UInt8]

    /// Source: linux/netlink.h.
    enum Flag {
        static let request = 0x1
        static let acknowledge = 0x4
        /// `NLM_F_DUMP`: every object of a kind.
        static let dump = 0x300
        /// `NLM_F_EXCL`: nothing is replaced.
        static let exclusive = 0x200
        static let create = 0x400
    }

    /// `NLA_F_NESTED`: the attribute holds attributes.
    static let nested = 0x8000

    /// A message of this kind, with the fixed part its kind begins with.
    init(kind: Int, flags: Int, body: [UInt8]) {
        bytes = [0, 0, 0, 0, UInt8(truncatingIfNeeded: kind), UInt8(truncatingIfNeeded: kind >> 8)]
        bytes += [UInt8(truncatingIfNeeded: flags), UInt8(truncatingIfNeeded: flags >> 8)]
        bytes += [UInt8](repeating: 0, count: 8)
        bytes += body
    }

    /// Adds an attribute.
    mutating func attribute(_ kind: Int, _ value: [UInt8]) {
        let length = 4 + value.count
        bytes += [
            UInt8(truncatingIfNeeded: length), UInt8(truncatingIfNeeded: length >> 8),
            UInt8(truncatingIfNeeded: kind), UInt8(truncatingIfNeeded: kind >> 8),
        ]
        bytes += value
        // Messages and attributes are aligned to four bytes.
        while bytes.count % 4 != 0 { bytes.append(0) }
    }

    /// The whole message, without a number; whoever sends it gives it one.
    var message: [UInt8] {
        var message = bytes
        message.replaceSubrange(0..<4, with: Self.number(UInt32(truncatingIfNeeded: bytes.count)))
        return message
    }

    /// A number of 32 bits in the host's byte order.
    static func number(_ number: UInt32) -> [UInt8] {
        withUnsafeBytes(of: number) { Array($0) }
    }

    /// A port in network byte order.
    static func port(_ port: UInt16) -> [UInt8] {
        withUnsafeBytes(of: port.bigEndian) { Array($0) }
    }

    /// A number of 32 bits in network byte order, such as an address.
    static func networkNumber(_ number: UInt32) -> [UInt8] {
        withUnsafeBytes(of: number.bigEndian) { Array($0) }
    }
}
