public import NATModel

/// The interfaces as the kernel tells them, without their addresses: what `ip link show` asks for.
///
/// Source: `RTM_GETLINK` in linux/rtnetlink.h, `IFLA_*` in linux/if_link.h. See rtnetlink(7).
public struct LinkReply: NetlinkDump {
    /// The interfaces so far, with the index of each one's master and of what it stands on.
    private var links: [(interface: Interface, master: Int?, parent: Int?)] = []

    /// A reply of which nothing has come yet.
    public init() {}

    /// The interfaces so far, in the kernel's order.
    public var interfaces: [Interface] {
        let tables = Dictionary(
            links.compactMap { link in link.interface.vrfTable.map { (link.interface.index, $0) } },
            uniquingKeysWith: { $1 })
        let names = Dictionary(
            links.map { ($0.interface.index, $0.interface.name) }, uniquingKeysWith: { $1 })
        return links.map { link in
            var interface = link.interface
            interface.master = link.master.flatMap { names[$0] }
            interface.parent = link.parent.flatMap { names[$0] }
            // What comes in by a member of a VRF is looked up in the VRF's table.
            interface.vrfTable = interface.vrfTable ?? link.master.flatMap { tables[$0] }
            return interface
        }
    }

    /// `RTM_GETLINK`, with `IFLA_EXT_MASK` saying that nobody wants to know any statistics.
    public static var request: [UInt8] {
        var request = question(flags: NetlinkRequest.Flag.request | NetlinkRequest.Flag.dump)
        request.attribute(29, NetlinkRequest.number(8))
        return request.message
    }

    /// The question for the interface of this name alone.
    public static func request(name: String) -> [UInt8] {
        var request = question(flags: NetlinkRequest.Flag.request)
        request.attribute(3, KernelName.bytes(name) + [0])
        return request.message
    }

    /// The question for the interface with this index alone.
    public static func request(index: Int) -> [UInt8] {
        question(flags: NetlinkRequest.Flag.request, index: index).message
    }

    private static func question(flags: Int, index: Int = 0) -> NetlinkRequest {
        // ifinfomsg: family and type, index, flags, mask.
        let number = NetlinkRequest.number(UInt32(truncatingIfNeeded: index))
        return NetlinkRequest(
            kind: 18, flags: flags,
            body: [0, 0, 0, 0] + number + [UInt8](repeating: 0, count: 8))
    }

    private static let newLink = 16

    /// Takes an interface.
    public mutating func take(_ message: NetlinkMessage) throws(ParseError) {
        guard message.kind == Self.newLink else { return }
        guard message.body.count >= 16 else { throw ParseError("a link that is cut short", in: "") }
        let flags = message.body.dropFirst(8).number(4)
        var fields = Fields()
        for (kind, value) in NetlinkAttributes(message.body.dropFirst(16)) {
            fields.take(kind, value)
        }
        let isLoopback = flags & Flag.loopback != 0
        var interface = Interface(
            name: fields.name, index: message.body.dropFirst(4).number(4),
            state: Self.state(flags, fields.operational), mac: isLoopback ? nil : fields.mac,
            kind: fields.kind, isLoopback: isLoopback,
            isPointToPoint: flags & Flag.pointToPoint != 0)
        interface.mtu = fields.mtu
        interface.vrfTable = fields.vrfTable
        interface.group = fields.group == 0 ? nil : fields.group
        links.append((interface, fields.master, fields.isElsewhere ? nil : fields.parent))
    }

    /// Source: `IFF_*` in linux/if.h.
    private enum Flag {
        static let up = 0x1
        static let loopback = 0x8
        static let pointToPoint = 0x10
        static let lowerUp = 0x10000
    }

    /// Tunnels and the loopback report no operational state; there the carrier flag tells.
    ///
    /// Source: `IF_OPER_*` in linux/if.h; RFC 2863.
    private static func state(_ flags: Int, _ operational: Int) -> Interface.State {
        if flags & Flag.up == 0 { return .down }
        switch operational {
        case 6: return .up
        // Not present, down, and the layer below is down.
        case 1, 2, 3: return .down
        default: return flags & Flag.lowerUp != 0 ? .up : .unknown
        }
    }

    private struct Fields {
        var name = ""
        var mac: String?
        var mtu: Int?
        var master: Int?
        var parent: Int?
        /// Whether the number is one of another network namespace: that of a veth's peer.
        var isElsewhere = false
        var operational = 0
        var kind: String?
        var vrfTable: Int?
        var group = 0

        /// Source: `IFLA_*` in linux/if_link.h.
        mutating func take(_ kind: Int, _ value: NetlinkSlice) {
            switch kind {
            case 1: mac = value.count == 6 ? Self.hardwareAddress(value) : nil
            case 3: name = value.kernelName
            case 4: mtu = value.number(4)
            case 5: parent = value.number(4)
            case 10: master = value.number(4)
            case 16: operational = value.number(1)
            case 18: takeInfo(value)
            case 27: group = value.number(4)
            case 37: isElsewhere = true
            default: break
            }
        }

        /// `IFLA_INFO_KIND`, and of a VRF its table.
        private mutating func takeInfo(_ info: NetlinkSlice) {
            kind = NetlinkAttributes.first(1, in: info)?.zeroTerminated
            guard kind == "vrf", let data = NetlinkAttributes.first(2, in: info) else { return }
            vrfTable = NetlinkAttributes.first(1, in: data)?.number(4)
        }

        private static func hardwareAddress(_ bytes: NetlinkSlice) -> String {
            bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined(separator: ":")
        }
    }
}
