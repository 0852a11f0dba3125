/// How messages that change nf_tables are put together. Numbers in them are in network byte order.
///
/// Source: linux/netfilter/nfnetlink.h, linux/netfilter/nf_tables.h.
enum NFTRequest {
    /// `NLM_F_APPEND`: a rule comes after those that are there.
    static let append = 0x800
    /// `nfgenmsg`: IPv4, version 0, no resource.
    private static let ofIPv4: [UInt8] = [2, 0, 0, 0]

    /// A message about IPv4 with these attributes.
    static func message(_ kind: Int, flags: Int = 0, _ attributes: [UInt8]) -> [UInt8] {
        NetlinkRequest(
            kind: kind, flags: NetlinkRequest.Flag.request | flags, body: ofIPv4 + attributes
        ).message
    }

    /// Messages that the kernel carries out together, or not at all.
    ///
    /// - Parameter generation: the state of nf_tables that they are for: where it is another one by
    ///   now, the kernel refuses all of them with ERESTART. `nil` for any.
    static func batch(_ messages: [[UInt8]], generation: UInt32? = nil) -> [UInt8] {
        // NFNL_MSG_BATCH_BEGIN and _END, which name the subsystem in nfgenmsg.
        func edge(_ kind: Int, _ attributes: [UInt8]) -> [UInt8] {
            NetlinkRequest(
                kind: kind, flags: NetlinkRequest.Flag.request, body: [0, 0, 0, 10] + attributes
            ).message
        }
        // NFNL_BATCH_GENID.
        return edge(0x10, generation.map { number(1, $0) } ?? []) + messages.joined()
            + edge(0x11, [])
    }

    /// An attribute, filled up to four bytes.
    static func attribute(_ kind: Int, _ value: [UInt8]) -> [UInt8] {
        let length = 4 + value.count
        var bytes: [UInt8] = [
            UInt8(truncatingIfNeeded: length), UInt8(truncatingIfNeeded: length >> 8),
            UInt8(truncatingIfNeeded: kind), UInt8(truncatingIfNeeded: kind >> 8),
        ]
        bytes += value
        while bytes.count % 4 != 0 { bytes.append(0) }
        return bytes
    }

    /// An attribute that is a text, which ends with a zero byte.
    static func text(_ kind: Int, _ text: String) -> [UInt8] {
        attribute(kind, Array(text.utf8) + [0])
    }

    /// An attribute that is a number of 32 bits.
    static func number(_ kind: Int, _ number: UInt32) -> [UInt8] {
        attribute(kind, NetlinkRequest.networkNumber(number))
    }

    /// A number of 32 bits as messages of nf_tables have it.
    static func networkBytes(_ number: UInt32) -> [UInt8] { NetlinkRequest.networkNumber(number) }

    /// An attribute that holds attributes.
    static func nested(_ kind: Int, _ attributes: [UInt8]) -> [UInt8] {
        attribute(kind | NetlinkRequest.nested, attributes)
    }

    /// `NFTA_LIST_ELEM`: one of several attributes of a kind.
    static func element(_ attributes: [UInt8]) -> [UInt8] { nested(1, attributes) }
}
