public import NATModel

/// Which interfaces have a place for filters of tc: what `tc qdisc show` tells as `clsact` and
/// `ingress`.
///
/// Source: `RTM_GETQDISC` in linux/rtnetlink.h. See tc(8).
public struct FilterPlaceReply: NetlinkDump {
    /// The indexes of the interfaces, in order.
    public private(set) var interfaces: [Int] = []

    /// A reply of which nothing has come yet.
    public init() {}

    /// The question for every qdisc.
    public static var request: [UInt8] { QueueReply.request }

    /// Takes a qdisc.
    public mutating func take(_ message: NetlinkMessage) throws(ParseError) {
        guard message.kind == 36, message.body.count >= 20 else { return }
        let kind = NetlinkAttributes.first(1, in: message.body.dropFirst(20))?.zeroTerminated
        guard kind == "clsact" || kind == "ingress" else { return }
        interfaces.append(message.body.dropFirst(4).number(4))
    }
}

/// The filters of tc on one side of an interface that may lose a packet, as a chain of a filter.
///
/// What only shapes, counts or marks is not among them: neither `police` nor a way by an `ifb`.
/// Source: `RTM_GETTFILTER` in linux/rtnetlink.h, linux/pkt_cls.h. See tc(8).
public struct TrafficFilterReply: NetlinkReply {
    /// Which side of an interface.
    public enum Side: String, Sendable, CaseIterable {
        case ingress, egress

        /// `TC_H_CLSACT` with `TC_H_MIN_INGRESS` or `TC_H_MIN_EGRESS`.
        fileprivate var parent: UInt32 { self == .ingress ? 0xffff_fff2 : 0xffff_fff3 }
    }

    private let names: [Int: String]
    private var rules: [NATRule] = []

    /// A reply of which nothing has come yet.
    ///
    /// - Parameter names: the names of interfaces by their numbers.
    public init(naming names: [Int: String]) { self.names = names }

    /// The question for the filters of an interface.
    public static func request(interface: Int, _ side: Side) -> [UInt8] {
        // tcmsg: family, index, handle, parent, info.
        let zero = [UInt8](repeating: 0, count: 4)
        return NetlinkMessage.dump(
            kind: 46,
            body: zero + NetlinkRequest.number(UInt32(truncatingIfNeeded: interface)) + zero
                + NetlinkRequest.number(side.parent) + zero)
    }

    /// Takes a filter.
    public mutating func take(_ message: NetlinkMessage) throws(ParseError) {
        guard message.kind == 44, message.body.count >= 20 else { return }
        let fields = message.body.dropFirst(20)
        guard let kind = NetlinkAttributes.first(1, in: fields)?.zeroTerminated,
            let options = NetlinkAttributes.first(2, in: fields)
        else { return }
        var doing: String?
        // TCA_BPF_FLAGS with TCA_BPF_FLAG_ACT_DIRECT: the program itself says what becomes of it.
        if kind == "bpf", let flags = NetlinkAttributes.first(8, in: options),
            flags.number(4) & 1 != 0
        {
            doing = "direct-action"
        }
        let places = ["u32": 7, "flower": 3, "matchall": 2, "bpf": 1, "fw": 4, "basic": 3]
        if doing == nil, let place = places[kind],
            let actions = NetlinkAttributes.first(place, in: options)
        {
            for (_, action) in NetlinkAttributes(actions) {
                doing = doing ?? harm(action)
            }
        }
        guard let doing else { return }
        let isSure = kind == "matchall" && doing == "action drop"
        let words = "\(kind) \(doing)"
        var columns = NFTColumns()
        columns.target = doing
        rules.append(
            NATRule(
                nft: words,
                meaning: FilterRule(
                    isSure ? [] : [.undecided(words)], isSure ? .drop : .unknown(words)),
                columns: columns, counter: nil))
    }

    /// What loses a packet, in tc's words; `nil` for what does not.
    private func harm(_ action: NetlinkSlice) -> String? {
        guard let kind = NetlinkAttributes.first(1, in: action)?.zeroTerminated,
            let options = NetlinkAttributes.first(2, in: action),
            let parameters = NetlinkAttributes.first(2, in: options)
        else { return nil }
        switch kind {
        // tc_gact: index, capabilities, action; TC_ACT_SHOT.
        case "gact" where parameters.dropFirst(8).number(4) == 2: return "action drop"
        // tc_mirred: 20 bytes, what it does, to which interface. A copy is no loss.
        case "mirred":
            let (deed, target) = (
                parameters.dropFirst(20).number(4), parameters.dropFirst(24).number(4)
            )
            let name = names[target] ?? "\(target)"
            guard deed == 1 || deed == 3, !name.hasPrefix("ifb") else { return nil }
            return "action mirred redirect dev \(name)"
        default: return nil
        }
    }

    /// The chain of that side of an interface; `nil` where nothing is lost there.
    public func table(of interface: String, _ side: Side) -> NATRuleSet? {
        if rules.isEmpty { return nil }
        let base = NATChain.Base(
            type: "filter", hook: side.rawValue, priority: .min, handle: 0,
            devices: [InterfaceSelector.Pattern(interface)])
        return NATRuleSet(
            backend: .nfTables, program: NATRuleSet.traffic, family: "netdev", table: interface,
            chains: [NATChain(name: side.rawValue, policy: "ACCEPT", base: base, rules: rules)])
    }
}
