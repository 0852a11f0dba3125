import NATModel

/// The replies of `ip` and `iptables`, written from the fake box's values.
enum FakeReplies {
    static func addresses(_ interfaces: [Interface]) -> String {
        array(
            interfaces.map { interface in
                var flags: [String] = []
                if interface.isLoopback { flags.append("LOOPBACK") }
                if interface.isPointToPoint { flags.append("POINTOPOINT") }
                if interface.state == .up { flags += ["UP", "LOWER_UP"] }
                let addresses = interface.addresses.map {
                    #"{"family":"inet","local":"\#($0.address)","prefixlen":\#($0.prefixLength)}"#
                }
                return object([
                    ("ifindex", "\(interface.index)"), ("ifname", quoted(interface.name)),
                    ("flags", array(flags.map(quoted))),
                    ("operstate", quoted(interface.state == .up ? "UP" : "DOWN")),
                    ("address", quoted(interface.mac ?? "00:00:00:00:00:00")),
                    ("addr_info", array(addresses)),
                ])
            })
    }

    static func rules(_ rules: [RoutingPolicyRule]) -> String {
        array(
            rules.map { rule in
                var fields = [("priority", "\(rule.priority)")]
                if rule.other.contains("not") { fields.append(("not", "null")) }
                fields.append(("src", quoted(rule.source?.network.description ?? "all")))
                if let length = rule.source?.length, length < 32 {
                    fields.append(("srclen", "\(length)"))
                }
                for words in rule.other where words != "not" {
                    let parts = words.split(separator: " ").map(String.init)
                    if parts[0] == "to", let prefix = IPv4Prefix(parts[1]) {
                        fields.append(("dst", quoted("\(prefix.network)")))
                        fields.append(("dstlen", "\(prefix.length)"))
                    } else {
                        fields.append((parts[0], quoted(parts[1])))
                    }
                }
                if let mark = rule.mark { fields.append(("fwmark", quoted(mark))) }
                switch rule.action {
                case .lookup(let table): fields.append(("table", quoted("\(table)")))
                case .goto(let priority): fields.append(("goto", "\(priority)"))
                case .other(let name): fields.append(("action", quoted(name)))
                }
                if let length = rule.suppressPrefixLength {
                    fields.append(("suppress_prefixlen", "\(length)"))
                }
                if let number = rule.protocolNumber {
                    fields.append(("protocol", quoted("\(number)")))
                }
                return object(fields)
            })
    }

    static func routes(_ tables: [Int: [Route]]) -> String {
        array(
            tables.sorted { $0.key < $1.key }.flatMap { id, routes in
                routes.map { route in
                    var fields: [(String, String)] = []
                    if route.type != "unicast" { fields.append(("type", quoted(route.type))) }
                    let isDefault = route.destination == .all
                    fields.append(("dst", quoted(isDefault ? "default" : "\(route.destination)")))
                    if let hop = route.nextHop { fields.append(("gateway", quoted("\(hop)"))) }
                    if let name = route.interface { fields.append(("dev", quoted(name))) }
                    if id != FIBTable.main { fields.append(("table", quoted("\(id)"))) }
                    if let number = route.protocolNumber {
                        fields.append(("protocol", quoted("\(number)")))
                    }
                    if route.metric != 0 { fields.append(("metric", "\(route.metric)")) }
                    let flags = (route.isOnLink ? ["onlink"] : []) + (route.isDead ? ["dead"] : [])
                    fields.append(("flags", array(flags.map(quoted))))
                    return object(fields)
                }
            })
    }

    static func listing(_ chains: [NATChain]) -> String {
        chains.map { chain in
            let kind =
                chain.policy.map {
                    "policy \($0) \(chain.packets ?? 0) packets, \(chain.bytes ?? 0) bytes"
                } ?? "\(chain.references ?? 0) references"
            let rows = chain.rules.map { rule in
                let target =
                    rule.target + String(repeating: " ", count: max(0, 9 - rule.target.count))
                return "\(rule.packets) \(rule.bytes) \(target) \(rule.proto) \(rule.options)"
                    + " \(rule.input) \(rule.output) \(rule.source) \(rule.destination)"
                    + " \(rule.extra)"
            }
            return (["Chain \(chain.name) (\(kind))", "pkts bytes target prot opt in out"] + rows)
                .joined(separator: "\n") + "\n"
        }.joined(separator: "\n")
    }

    private static func quoted(_ text: String) -> String { "\"\(text)\"" }
    private static func array(_ items: [String]) -> String {
        "[" + items.joined(separator: ",") + "]"
    }
    private static func object(_ fields: [(String, String)]) -> String {
        "{" + fields.map { "\"\($0.0)\":\($0.1)" }.joined(separator: ",") + "}"
    }
}
