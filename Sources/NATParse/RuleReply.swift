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
        rules.append(try RuleFields(message.body).rule)
    }
}

/// What the kernel tells of one rule, before it is put in iproute2's words.
private struct RuleFields {
    private let destinationLength: Int
    private let sourceLength: Int
    private let typeOfService: Int
    private let action: Int
    private let flags: Int
    private var table: Int
    private var priority = 0
    private var protocolNumber: Int?
    private var source: IPv4Address?
    private var destination: IPv4Address?
    private var input: String?
    private var output: String?
    private var target = 0
    private var mark: Int?
    private var mask: Int?
    private var isOfL3Device = false
    private var users: String?
    private var transport: Int?
    private var sourcePorts = Ports()
    private var destinationPorts = Ports()
    private var realms: Int?
    private var suppressLength = everyBit
    private var suppressGroup = everyBit
    private var tunnel: UInt64?
    /// Attributes of a kernel newer than this code.
    private var unknown: [String] = []

    /// What the kernel tells where nothing was set: -1, in 32 bits.
    private static let everyBit = 0xffff_ffff

    private struct Ports {
        var first: Int?
        var last = 0
        var mask = 0xffff

        /// In iproute2's words; `nil` where the rule does not look at these ports.
        func words(_ name: String) -> String? {
            guard let first else { return nil }
            let ports = first == last ? "\(first)" : "\(first)-\(last)"
            return "\(name) \(ports)" + (mask == 0xffff ? "" : "/0x" + String(mask, radix: 16))
        }
    }

    init(_ body: NetlinkSlice) throws(ParseError) {
        guard body.count >= 12 else { throw ParseError("a rule that is cut short", in: "") }
        destinationLength = body.dropFirst().number(1)
        sourceLength = body.dropFirst(2).number(1)
        typeOfService = body.dropFirst(3).number(1)
        table = body.dropFirst(4).number(1)
        action = body.dropFirst(7).number(1)
        flags = body.dropFirst(8).number(4)
        for (kind, value) in NetlinkAttributes(body.dropFirst(12)) { take(kind, value) }
    }

    /// Source: `FRA_*` in linux/fib_rules.h.
    private mutating func take(_ kind: Int, _ value: NetlinkSlice) {
        switch kind {
        case 1: destination = value.address
        case 2: source = value.address
        case 3: input = value.kernelName
        case 4: target = value.number(4)
        case 6: priority = value.number(4)
        case 10: mark = value.number(4)
        case 11: realms = value.number(4)
        case 12: tunnel = value.networkNumber
        case 13: suppressGroup = value.number(4)
        case 14: suppressLength = value.number(4)
        case 15: table = value.number(4)
        case 16: mask = value.number(4)
        case 17: output = value.kernelName
        case 18: break  // FRA_PAD
        case 19: isOfL3Device = value.number(1) != 0
        case 20: users = "\(value.number(4))-\(value.dropFirst(4).number(4))"
        case 21: protocolNumber = value.number(1)
        case 22: transport = value.number(1)
        case 23:
            sourcePorts.first = value.number(2)
            sourcePorts.last = value.dropFirst(2).number(2)
        case 24:
            destinationPorts.first = value.number(2)
            destinationPorts.last = value.dropFirst(2).number(2)
        case 28: sourcePorts.mask = value.number(2)
        case 29: destinationPorts.mask = value.number(2)
        default: unknown.append("attribute-\(kind) \(value.networkNumber)")
        }
    }

    var rule: RoutingPolicyRule {
        var rule = RoutingPolicyRule(
            priority: priority,
            source: source.map { IPv4Prefix($0, length: sourceLength) },
            action: whatToDo,
            // The kernel's own, and those of nobody, iproute2 does not print.
            protocolNumber: protocolNumber.flatMap { $0 == 0 || $0 == 2 ? nil : $0 },
            mark: marked,
            suppressPrefixLength: suppressLength == Self.everyBit ? nil : suppressLength)
        rule.other = otherSelectors
        // The kernel keeps host bits, and deletes only by the address as it was given.
        if let source, rule.source?.network != source {
            rule.other.append("from \(source)/\(sourceLength)")
        }
        return rule
    }

    /// Source: `FR_ACT_*` in linux/fib_rules.h; those that refuse share their numbers with the
    /// types of routes.
    private var whatToDo: RoutingPolicyRule.Action {
        switch action {
        case 1: isOfL3Device ? .other("lookup l3mdev-table") : .lookup(table: table)
        case 2: .goto(priority: target)
        case 3: .other("nop")
        default: .other(RouteType.name(action))
        }
    }

    private var marked: String? {
        // The kernel leaves a mark of 0 out, not its mask.
        guard mark != nil || mask != nil else { return nil }
        let text = "0x" + String(mark ?? 0, radix: 16)
        guard let mask, mask != Self.everyBit else { return text }
        return text + "/0x" + String(mask, radix: 16)
    }

    /// Every selector the model has no field for, in iproute2's own words.
    private var otherSelectors: [String] {
        // Most rules have none.
        var words: [String] = []
        func say(_ text: String?) { if let text { words.append(text) } }
        if has(.invert) { say("not") }
        say(destination.map { "to \(IPv4Prefix.words($0, destinationLength))" })
        if typeOfService != 0 {
            say("tos 0x" + (typeOfService < 16 ? "0" : "") + String(typeOfService, radix: 16))
        }
        say(input.map { "iif \($0)" })
        say(output.map { "oif \($0)" })
        if isOfL3Device { say("l3mdev") }
        say(users.map { "uidrange \($0)" })
        say(transport.map { "ipproto \($0)" })
        say(sourcePorts.words("sport"))
        say(destinationPorts.words("dport"))
        say(realms.map { "realms " + ($0 >> 16 == 0 ? "" : "\($0 >> 16)/") + "\($0 & 0xffff)" })
        if has(.inputDetached) { say("iif_detached") }
        if has(.outputDetached) { say("oif_detached") }
        if suppressGroup != Self.everyBit { say("suppress_ifgroup \(suppressGroup)") }
        say(tunnel.map { "tun_id \($0)" })
        if has(.unresolved) { say("unresolved") }
        return words + unknown
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

extension IPv4Prefix {
    /// Address and length as they were given, host bits and all.
    fileprivate static func words(_ address: IPv4Address, _ length: Int) -> String {
        length == 32 ? "\(address)" : "\(address)/\(length)"
    }
}
