public import NATModel

/// The policy rules as the kernel tells them: what `ip -4 rule show` asks for.
///
/// Source: `RTM_GETRULE` in linux/rtnetlink.h and linux/fib_rules.h. See rtnetlink(7), ip-rule(8).
public struct RuleReply: NetlinkDump {
    /// The rules so far, in the order of evaluation.
    public private(set) var rules: [RoutingPolicyRule] = []

    /// A reply of which nothing has come yet.
    public init() {}

    /// `RTM_GETRULE`.
    public static let request = NetlinkMessage.dump(kind: 34, body: NetlinkMessage.ofIPv4)
    private static let newRule = 32

    /// Takes a rule.
    public mutating func take(_ message: NetlinkMessage) throws(ParseError) {
        guard message.kind == Self.newRule else { return }
        rules.append(try Self.rule(message.body))
    }

    /// The rule that a message tells of.
    static func rule(_ body: NetlinkSlice) throws(ParseError) -> RoutingPolicyRule {
        try RuleFields(body).whole
    }
}

/// What the kernel tells of one rule.
private struct RuleFields {
    private var rule = RoutingPolicyRule(priority: 0, action: .other("nop"))
    private var selectors = RuleSelectors()
    private let sourceLength: Int
    private let action: Int
    private let flags: Int
    private var table: Int
    private var source: IPv4Address?
    private var target = 0
    private var mark: UInt32?
    private var mask: UInt32?

    /// What the kernel tells where nothing was set: -1, in 32 bits.
    private static let everyBit = 0xffff_ffff

    init(_ body: NetlinkSlice) throws(ParseError) {
        guard body.count >= 12 else { throw ParseError("a rule that is cut short", in: "") }
        sourceLength = body.dropFirst(2).number(1)
        table = body.dropFirst(4).number(1)
        action = body.dropFirst(7).number(1)
        flags = body.dropFirst(8).number(4)
        selectors.typeOfService = body.dropFirst(3).number(1)
        for (kind, value) in NetlinkAttributes(body.dropFirst(12)) { take(kind, value) }
        if selectors.destination != nil {
            selectors.destinationLength = body.dropFirst().number(1)
        }
    }

    /// Source: `FRA_*` in linux/fib_rules.h.
    private mutating func take(_ kind: Int, _ value: NetlinkSlice) {
        switch kind {
        case 1: selectors.destination = value.address
        case 2: source = value.address
        case 3: selectors.input = value.kernelName
        case 4: target = value.number(4)
        case 6: rule.priority = value.number(4)
        case 10: mark = UInt32(truncatingIfNeeded: value.number(4))
        case 11: selectors.realms = value.number(4)
        case 12: selectors.tunnel = value.networkNumber
        case 13: selectors.suppressGroup = Self.set(value.number(4))
        case 14: rule.suppressPrefixLength = Self.set(value.number(4))
        case 15: table = value.number(4)
        case 16: mask = UInt32(truncatingIfNeeded: value.number(4))
        case 17: selectors.output = value.kernelName
        case 18: break  // FRA_PAD
        case 19: selectors.isOfL3Device = value.number(1) != 0
        case 20:
            let first = UInt32(truncatingIfNeeded: value.number(4))
            let last = UInt32(truncatingIfNeeded: value.dropFirst(4).number(4))
            selectors.users = min(first, last)...max(first, last)
        case 21:
            let number = value.number(1)
            rule.protocolNumber = number == 0 ? nil : number
        case 22: selectors.ipProtocol = value.number(1)
        case 23: take(value, of: \.sourcePorts)
        case 24: take(value, of: \.destinationPorts)
        case 28: selectors.sourcePorts?.mask = value.number(2)
        case 29: selectors.destinationPorts?.mask = value.number(2)
        default: selectors.unknown.append("attribute-\(kind) \(value.networkNumber)")
        }
    }

    private mutating func take(
        _ value: NetlinkSlice, of ports: WritableKeyPath<RuleSelectors, RuleSelectors.Ports?>
    ) {
        selectors[keyPath: ports] = RuleSelectors.Ports(
            value.number(2), through: value.dropFirst(2).number(2))
    }

    private static func set(_ number: Int) -> Int? { number == everyBit ? nil : number }

    var whole: RoutingPolicyRule {
        var (rule, selectors) = (rule, selectors)
        rule.source = source.map { IPv4Prefix($0, length: sourceLength) }
        rule.action = whatToDo
        // The kernel leaves a mark of 0 out, not its mask.
        if mark != nil || mask != nil { rule.mark = PacketMark(mark ?? 0, mask: mask ?? .max) }
        selectors.isInverted = has(.invert)
        selectors.isInputDetached = has(.inputDetached)
        selectors.isOutputDetached = has(.outputDetached)
        selectors.isUnresolved = has(.unresolved)
        // The kernel keeps host bits, and deletes only by the address as it was given.
        if let source, rule.source?.network != source { selectors.givenSource = source }
        rule.selectors = selectors
        return rule
    }

    /// Source: `FR_ACT_*` in linux/fib_rules.h; those that refuse share their numbers with the
    /// types of routes.
    private var whatToDo: RoutingPolicyRule.Action {
        switch action {
        case 1: selectors.isOfL3Device ? .lookupOfL3Device : .lookup(table: table)
        case 2: .goto(priority: target)
        case 3: .other("nop")
        default: .other(RouteType.name(action))
        }
    }

    /// Source: `FIB_RULE_*` in linux/fib_rules.h.
    private enum Flag: Int {
        case invert = 0x2
        case unresolved = 0x4
        case inputDetached = 0x8
        case outputDetached = 0x10
    }

    private func has(_ flag: Flag) -> Bool { flags & flag.rawValue != 0 }
}
