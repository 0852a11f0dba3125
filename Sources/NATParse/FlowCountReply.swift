/// How many flows the kernel follows.
///
/// Source: `IPCTNL_MSG_CT_GET_STATS` in linux/netfilter/nfnetlink_conntrack.h.
public struct FlowCountReply: NetlinkReply {
    /// The number; `nil` where it was not told, as before Linux 3.7.
    public private(set) var count: Int?

    /// A reply of which nothing has come yet.
    public init() {}

    private static let kind = FlowName.subsystem | 5

    /// The question, a whole message, with nfgenmsg of whatever family. The answer counts itself among
    /// several, so that only an acknowledgement ends it.
    public static let request = NetlinkRequest(
        kind: kind, flags: NetlinkRequest.Flag.request | NetlinkRequest.Flag.acknowledge,
        body: [0, 0, 0, 0]
    ).message

    /// Takes the number.
    public mutating func take(_ message: NetlinkMessage) throws(ParseError) {
        guard message.kind == Self.kind else { return }
        // CTA_STATS_GLOBAL_ENTRIES
        count = NetlinkAttributes.first(1, in: message.body.dropFirst(4)).map {
            Int($0.networkNumber)
        }
    }
}
