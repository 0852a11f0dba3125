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
