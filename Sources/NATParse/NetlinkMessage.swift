import NATModel

/// Bytes of a message where the kernel has written them: valid only while the buffer is.
public typealias NetlinkSlice = Slice<UnsafeRawBufferPointer>

/// One message of a netlink socket. See netlink(7).
public struct NetlinkMessage {
    /// What it is, `nlmsg_type`.
    let kind: Int
    /// How it is meant, `nlmsg_flags`.
    let flags: Int
    /// The number of the question it answers, `nlmsg_seq`; 0 where nobody asked.
    let sequence: UInt32
    /// The port of whoever asked for it or caused it, `nlmsg_pid`; 0 for the kernel.
    let port: UInt32
    /// What comes after its header.
    let body: NetlinkSlice

    static let headerLength = 16

    /// Gives messages that are to be sent together their number, which the answer to them will have.
    public static func number(_ messages: inout [UInt8], _ sequence: UInt32) {
        var start = 0
        while start + headerLength <= messages.count {
            messages.replaceSubrange(start + 8..<start + 12, with: NetlinkRequest.number(sequence))
            let length = messages[start..<start + 4].enumerated().reduce(0) {
                $0 | Int($1.element) << (8 * $1.offset)
            }
            start += max((length + 3) & ~3, headerLength)
        }
    }

    /// What `rtmsg` and `fib_rule_hdr` alike hold to ask for all of IPv4: the family, and zeros.
    static let ofIPv4: [UInt8] = [2] + [UInt8](repeating: 0, count: 11)

    /// The message that asks for every object of a kind: `NLM_F_REQUEST` and `NLM_F_DUMP`.
    static func dump(kind: Int, body: [UInt8]) -> [UInt8] {
        NetlinkRequest(
            kind: kind, flags: NetlinkRequest.Flag.request | NetlinkRequest.Flag.dump, body: body
        ).message
    }
}

/// The messages in a buffer, one after the other.
///
/// A place and no slice goes through them, and so through attributes: there may be a million of them.
struct NetlinkMessages: Sequence, IteratorProtocol {
    private let bytes: UnsafeRawBufferPointer
    private var place = 0

    init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    /// Whether something is left that is no whole message.
    var isCutShort: Bool { place < bytes.count }

    /// The next one; `nil` where nothing whole is left.
    mutating func next() -> NetlinkMessage? {
        let left = bytes.count - place
        guard left >= NetlinkMessage.headerLength else { return nil }
        let length = Int(bytes.loadUnaligned(fromByteOffset: place, as: UInt32.self))
        guard length >= NetlinkMessage.headerLength, length <= left else { return nil }
        let body = place + NetlinkMessage.headerLength..<place + length
        let message = NetlinkMessage(
            kind: Int(bytes.loadUnaligned(fromByteOffset: place + 4, as: UInt16.self)),
            flags: Int(bytes.loadUnaligned(fromByteOffset: place + 6, as: UInt16.self)),
            sequence: bytes.loadUnaligned(fromByteOffset: place + 8, as: UInt32.self),
            port: bytes.loadUnaligned(fromByteOffset: place + 12, as: UInt32.self),
            body: NetlinkSlice(base: bytes, bounds: body))
        // Messages are aligned to four bytes.
        place = Swift.min(place + (length + 3) & ~3, bytes.count)
        return message
    }
}

/// The attributes in a message, or within another one: `rtattr` and `nlattr` are laid out alike.
struct NetlinkAttributes: Sequence, IteratorProtocol {
    private let bytes: UnsafeRawBufferPointer
    private var place: Int
    private let end: Int

    init(_ bytes: NetlinkSlice) {
        self.bytes = bytes.base
        (place, end) = (bytes.startIndex, bytes.endIndex)
    }

    /// The next one, without the flags in its kind; `nil` where nothing whole is left.
    mutating func next() -> (kind: Int, value: NetlinkSlice)? {
        let left = end - place
        guard left >= 4 else { return nil }
        // nla_len, then nla_type.
        let header = bytes.loadUnaligned(fromByteOffset: place, as: UInt32.self)
        let length = Int(header & 0xffff)
        guard length >= 4, length <= left else { return nil }
        let value = NetlinkSlice(base: bytes, bounds: place + 4..<place + length)
        place = Swift.min(place + (length + 3) & ~3, end)
        return (Int(header >> 16) & 0x3fff, value)
    }

    /// The first attribute of a kind; `nil` where there is none.
    static func first(_ kind: Int, in bytes: NetlinkSlice) -> NetlinkSlice? {
        for (found, value) in NetlinkAttributes(bytes) where found == kind { return value }
        return nil
    }
}

extension NetlinkSlice {
    /// The number in its first bytes, eight at most. Netlink speaks the host's byte order, which is
    /// little-endian wherever natdeck runs.
    func number(_ count: Int) -> Int {
        if count == 4, self.count >= 4 {
            return Int(base.loadUnaligned(fromByteOffset: startIndex, as: UInt32.self))
        }
        if count == 2, self.count >= 2 {
            return Int(base.loadUnaligned(fromByteOffset: startIndex, as: UInt16.self))
        }
        var number = 0
        for (place, byte) in prefix(Swift.min(count, 8)).enumerated() {
            number |= Int(byte) << (8 * place)
        }
        return number
    }

    /// The number in its first four bytes, where nothing else would fit.
    var number32: UInt32 { UInt32(truncatingIfNeeded: number(4)) }

    /// The number in all of its bytes, in network byte order.
    ///
    /// The lengths that flows are told in are read in one go: there may be a million of them.
    var networkNumber: UInt64 {
        switch count {
        case 2:
            UInt64(
                UInt16(bigEndian: base.loadUnaligned(fromByteOffset: startIndex, as: UInt16.self)))
        case 4:
            UInt64(
                UInt32(bigEndian: base.loadUnaligned(fromByteOffset: startIndex, as: UInt32.self)))
        case 8: UInt64(bigEndian: base.loadUnaligned(fromByteOffset: startIndex, as: UInt64.self))
        default: reduce(0) { $0 << 8 | UInt64($1) }
        }
    }

    /// The address in its first bytes, in network byte order.
    var address: IPv4Address {
        IPv4Address(rawValue: UInt32(truncatingIfNeeded: prefix(4).networkNumber))
    }

    /// The address of IPv6 that all of it is; `nil` where it is none.
    var address6: IPv6Address? {
        guard count == 16 else { return nil }
        return IPv6Address(high: prefix(8).networkNumber, low: dropFirst(8).networkNumber)
    }

    /// The gateway of IPv6 in `rtvia`: a family, then an address; `nil` where it is none.
    var via6: IPv6Address? { number(2) == 10 ? dropFirst(2).address6 : nil }

    /// The text that ends with a zero byte.
    var zeroTerminated: String {
        String(decoding: prefix { $0 != 0 }, as: UTF8.self).strippedOfControls
    }

    /// The name of an interface, which ends with a zero byte.
    var kernelName: String { KernelName.text(prefix { $0 != 0 }) }
}
