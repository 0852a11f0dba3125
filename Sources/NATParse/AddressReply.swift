public import NATModel

/// The IPv4 addresses of all interfaces as the kernel tells them: what `ip -4 addr show` asks for.
///
/// Source: `RTM_GETADDR` in linux/rtnetlink.h, `IFA_*` in linux/if_addr.h. See rtnetlink(7).
public struct AddressReply: NetlinkDump {
    /// The addresses so far by the index of their interface, in the kernel's order.
    public private(set) var addresses: [Int: [InterfaceAddress]] = [:]

    /// A reply of which nothing has come yet.
    public init() {}

    /// `RTM_GETADDR` with `ifaddrmsg`: the family, and zeros.
    public static let request = NetlinkMessage.dump(kind: 22, body: [2, 0, 0, 0, 0, 0, 0, 0])
    private static let newAddress = 20
    private static let ofIPv4 = 2

    /// Takes an address.
    public mutating func take(_ message: NetlinkMessage) throws(ParseError) {
        guard message.kind == Self.newAddress else { return }
        let body = message.body
        guard body.count >= 8 else { throw ParseError("an address that is cut short", in: "") }
        guard body.number(1) == Self.ofIPv4 else { return }
        var local: IPv4Address?
        var other: IPv4Address?
        for (kind, value) in NetlinkAttributes(body.dropFirst(8)) where value.count >= 4 {
            switch kind {
            case 1: other = value.address
            case 2: local = value.address
            default: break
            }
        }
        guard let address = local ?? other else { return }
        let scope = body.dropFirst(3).number(1)
        // Where both are told and differ, the other one is the peer's, and the length is of it.
        addresses[body.dropFirst(4).number(4), default: []].append(
            InterfaceAddress(
                address, prefixLength: body.dropFirst().number(1),
                peer: other == address ? nil : other, scope: scope == 0 ? nil : scope))
    }
}
