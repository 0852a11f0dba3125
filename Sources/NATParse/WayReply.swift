public import NATModel

/// The kernel's own answer to where a packet would go: what `ip route get` asks for.
///
/// Source: `RTM_GETROUTE` in linux/rtnetlink.h. See rtnetlink(7), ip-route(8).
public struct WayReply: NetlinkReply {
    /// The way, without the name of its interface; `nil` as long as nothing has come.
    public private(set) var way: RouteAnswer?
    /// The index of the interface it leaves by; `nil` where none is told.
    public private(set) var interface: Int?

    /// A reply of which nothing has come yet.
    public init() {}

    /// The question, with the index of the interface the packet came in by.
    public static func request(_ question: RouteQuestion, input: Int?) -> [UInt8] {
        // rtmsg: family, two lengths, tos, table, protocol, scope, type, flags. RTM_F_LOOKUP_TABLE
        // has the kernel tell the table that was found, and not always main.
        let sourceLength: UInt8 = question.source == nil ? 0 : 32
        let body: [UInt8] =
            [2, 32, sourceLength, question.typeOfService, 0, 0, 0, 0]
            + NetlinkRequest.number(0x1000)
        var request = NetlinkRequest(kind: 26, flags: NetlinkRequest.Flag.request, body: body)
        // Source: `RTA_*` in linux/rtnetlink.h.
        request.attribute(1, NetlinkRequest.networkNumber(question.destination.rawValue))
        if let source = question.source {
            request.attribute(2, NetlinkRequest.networkNumber(source.rawValue))
        }
        if let input {
            request.attribute(3, NetlinkRequest.number(UInt32(truncatingIfNeeded: input)))
        }
        if question.mark != 0 { request.attribute(16, NetlinkRequest.number(question.mark)) }
        if let transport = question.transport { request.attribute(27, [transport]) }
        if let port = question.sourcePort { request.attribute(28, NetlinkRequest.port(port)) }
        if let port = question.destinationPort { request.attribute(29, NetlinkRequest.port(port)) }
        return request.message
    }

    private static let newRoute = 24

    /// Takes the answer.
    public mutating func take(_ message: NetlinkMessage) throws(ParseError) {
        guard message.kind == Self.newRoute else { return }
        let body = message.body
        guard body.count >= 12 else { throw ParseError("a route that is cut short", in: "") }
        var way = RouteAnswer(interface: nil, table: body.dropFirst(4).number(1))
        way.type = RouteType.name(body.dropFirst(7).number(1))
        for (kind, value) in NetlinkAttributes(body.dropFirst(12)) {
            switch kind {
            case 4: interface = value.number(4)
            case 5: way.nextHop = value.address
            case 7: way.preferredSource = value.address
            case 15: way.table = value.number(4)
            case 18: way.nextHop6 = value.via6
            default: break
            }
        }
        self.way = way
    }
}
