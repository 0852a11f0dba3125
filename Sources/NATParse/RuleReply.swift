public import NATModel

/// The reply of `ip -json -N rule show`. See ip-rule(8).
public enum RuleReply {
    /// The command whose reply this reads.
    public static let command = Command("ip", "-json", "-N", "-4", "rule", "show")

    /// The rules in the order of evaluation.
    public static func parse(_ reply: [UInt8]) throws(ParseError) -> [RoutingPolicyRule] {
        try JSONReply.rows(reply, as: Row.self).compactMap(\.rule)
    }

    private struct Row: Decodable {
        var rule: RoutingPolicyRule?

        init(from decoder: any Decoder) throws {
            let keys = try decoder.container(keyedBy: AnyKey.self)
            let names = keys.allKeys.map(\.stringValue)
            // Old iproute2 prints an empty object for a row it filtered out.
            if names.isEmpty { return }
            guard let priority = try keys.number("priority") else {
                throw DecodingError.keyNotFound(
                    AnyKey("priority"),
                    .init(codingPath: decoder.codingPath, debugDescription: "no priority"))
            }
            var rule = RoutingPolicyRule(
                priority: priority,
                source: try keys.prefix("src", length: "srclen"),
                action: try Self.action(keys),
                protocolNumber: try keys.number("protocol"),
                suppressPrefixLength: try keys.number("suppress_prefixlen"))
            if let mark = try keys.text("fwmark") {
                rule.mark = try keys.text("fwmask").map { "\(mark)/\($0)" } ?? mark
            }
            if !names.allSatisfy(Self.plainKeys.contains) {
                rule.other = try Self.otherSelectors(keys, names: names)
            }
            // The kernel keeps host bits, and deletes only by the address as it was given.
            if let source = rule.source, let given = try keys.address("src"),
                given != source.network
            {
                rule.other.append("from \(given)/\(source.length)")
            }
            self.rule = rule
        }

        private static let plainKeys: Set<String> = [
            "priority", "src", "srclen", "table", "protocol", "fwmark", "fwmask", "action", "goto",
            "suppress_prefixlen", "nop",
        ]

        private static func action(
            _ keys: KeyedDecodingContainer<AnyKey>
        ) throws -> RoutingPolicyRule.Action {
            if let priority = try keys.number("goto") { return .goto(priority: priority) }
            if let table = try keys.number("table") { return .lookup(table: table) }
            if let action = try keys.text("action") {
                return .other(RouteType.name(action))
            }
            return keys.has("l3mdev") ? .other("lookup l3mdev-table") : .other("nop")
        }

        /// Every selector the model has no field for, in iproute2's own words.
        private static func otherSelectors(
            _ keys: KeyedDecodingContainer<AnyKey>, names: [String]
        ) throws -> [String] {
            var words: [String] = []
            if keys.has("not") { words.append("not") }
            if let destination = try keys.prefix("dst", length: "dstlen") {
                words.append("to \(destination)")
            }
            for name in ["tos", "iif", "oif"] {
                if let value = try keys.text(name) { words.append("\(name) \(value)") }
            }
            if keys.has("l3mdev") { words.append("l3mdev") }
            if let first = try keys.text("uid_start"), let last = try keys.text("uid_end") {
                words.append("uidrange \(first)-\(last)")
            }
            if let proto = try keys.text("ipproto") {
                let number = proto.hasPrefix("ipproto-") ? String(proto.dropFirst(8)) : proto
                words.append("ipproto \(number)")
            }
            for name in ["sport", "dport"] {
                if let first = try keys.text("\(name)_start"),
                    let last = try keys.text("\(name)_end")
                {
                    words.append("\(name) \(first)-\(last)")
                } else if let port = try keys.text(name) {
                    words.append("\(name) \(port)")
                }
            }
            if let realm = try keys.text("flow_to") {
                let from = try keys.text("flow_from").map { "\($0)/" } ?? ""
                words.append("realms \(from)\(realm)")
            }
            for name in names.sorted() where !plainKeys.contains(name) && !spokenKeys.contains(name)
            {
                let value = try keys.text(name) ?? ""
                let label = name.strippedOfControls
                words.append(value.isEmpty ? label : "\(label) \(value)")
            }
            return words
        }

        private static let spokenKeys: Set<String> = [
            "not", "dst", "dstlen", "tos", "iif", "oif", "l3mdev", "uid_start", "uid_end",
            "ipproto", "sport", "sport_start", "sport_end", "dport", "dport_start", "dport_end",
            "flow_from", "flow_to",
        ]
    }
}

/// The route types of the kernel, which `ip -N` prints as numbers.
///
/// Source: `RTN_*` in linux/rtnetlink.h; a rule's `FR_ACT_*` share the numbers that matter.
enum RouteType {
    static func name(_ text: String) -> String {
        switch text {
        case "1": "unicast"
        case "2": "local"
        case "3": "broadcast"
        case "4": "anycast"
        case "5": "multicast"
        case "6": "blackhole"
        case "7": "unreachable"
        case "8": "prohibit"
        case "9": "throw"
        case "10": "nat"
        default: text
        }
    }
}
