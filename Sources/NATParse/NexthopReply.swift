public import NATModel

/// The nexthop objects that routes refer to: what `ip nexthop show` asks for.
///
/// Source: `RTM_GETNEXTHOP` in linux/rtnetlink.h, `NHA_*` in linux/nexthop.h. Since Linux 5.3.
public struct NexthopReply: NetlinkDump {
    private var hops: [Int: Route.Hop] = [:]
    private var groups: [Int: [(id: Int, weight: Int)]] = [:]
    private let interfaceName: @Sendable (Int) -> String?

    /// A reply of which nothing has come yet.
    public init(interfaceName: @escaping @Sendable (_ index: Int) -> String?) {
        self.interfaceName = interfaceName
    }

    /// `RTM_GETNEXTHOP` with nhmsg: zeros for everything.
    public static let request = NetlinkMessage.dump(
        kind: 106, body: [UInt8](repeating: 0, count: 8))
    private static let newNexthop = 104

    /// The ways an object stands for, those of a group by the members' weights; none where there
    /// is no such object, or it leads nowhere.
    public func hops(of id: Int) -> [Route.Hop] {
        guard let members = groups[id] else { return hops[id].map { [$0] } ?? [] }
        return members.compactMap { member in
            guard var hop = hops[member.id] else { return nil }
            hop.weight = member.weight == 1 ? nil : member.weight
            return hop
        }
    }

    /// Takes an object.
    public mutating func take(_ message: NetlinkMessage) throws(ParseError) {
        guard message.kind == Self.newNexthop else { return }
        guard message.body.count >= 8 else {
            throw ParseError("a nexthop that is cut short", in: "")
        }
        var id = 0
        var hop = Route.Hop(nextHop: nil, interface: "")
        for (kind, value) in NetlinkAttributes(message.body.dropFirst(8)) {
            switch kind {
            case 1: id = value.number(4)
            case 2: groups[id] = Self.members(value)
            case 5:
                let index = value.number(4)
                hop.interface = interfaceName(index) ?? "if\(index)"
            case 6 where value.count == 4: hop.nextHop = value.address
            case 6: hop.nextHop6 = value.address6
            default: break
            }
        }
        if !hop.interface.isEmpty { hops[id] = hop }
    }

    /// `nexthop_grp`: the object, the weight less one in one byte and a later one's, and padding.
    private static func members(_ bytes: NetlinkSlice) -> [(id: Int, weight: Int)] {
        var members: [(id: Int, weight: Int)] = []
        var rest = bytes
        while rest.count >= 8 {
            members.append((rest.number(4), rest.dropFirst(4).number(2) + 1))
            rest = rest.dropFirst(8)
        }
        return members
    }
}
