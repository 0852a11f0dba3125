import NATModel

/// Everything the fake kernel, `/etc` and the fake cloud hold.
package struct FakeBox: Hashable, Sendable {
    package var interfaces: [Interface] = []
    /// In the order of evaluation.
    package var rules: [RoutingPolicyRule] = []
    package var tables: [Int: [Route]] = [:]
    package var nat: [NATBackend: [NATChain]] = [:]
    /// Tables that nft(8) made beside iptables, with chains of type nat.
    package var nftTables: [NATRuleSet] = []
    /// Tables with chains that forwarded packets pass.
    package var forward: [NATRuleSet] = []
    /// The table of the gate; `nil` where there is none.
    package var gate: Gate?
    /// What somebody has put into that table, as a text that only tells one from another.
    package var strangeInGate = ""
    /// Why the kernel can hold no such table; `nil` where it can.
    package var lacksGate: String?
    package var sysctls: [String: Int] = [:]
    package var files: [String: String] = [:]
    /// Files and directories that may not be read.
    package var unreadable: Set<String> = []
    /// Files that are gone once they were read.
    package var fleeting: Set<String> = []
    /// Locks that somebody holds, such as a guard that runs.
    package var locked: Set<String> = []
    package var cloud: [CloudInterface]? = []
    /// Sources with translated connections, which a change may end.
    package var flows: Set<IPv4Prefix> = []

    /// A box with no interface but the loopback, the kernel's own rules and an empty nat table.
    package init() {
        interfaces = [
            Interface(
                name: "lo", index: 1, state: .up, addresses: Self.addresses("127.0.0.1/8"),
                isLoopback: true)
        ]
        rules = [
            RoutingPolicyRule(priority: 0, action: .lookup(table: FIBTable.local)),
            RoutingPolicyRule(priority: 32766, action: .lookup(table: FIBTable.main)),
            RoutingPolicyRule(priority: 32767, action: .lookup(table: FIBTable.defaultTable)),
        ]
        nat = [.nfTables: Self.emptyChains]
        sysctls = ["net.ipv4.ip_forward": 0, "net.netfilter.nf_conntrack_acct": 0]
        for scope in ["all", "default", "lo"] { addParameters(scope) }
    }

    package static let emptyChains = ["PREROUTING", "INPUT", "OUTPUT", "POSTROUTING"].map {
        NATChain(name: $0, policy: "ACCEPT", packets: 0, bytes: 0)
    }

    /// Adds an interface with an address such as `172.31.8.207/16`, and the routes it brings.
    package mutating func addInterface(
        _ name: String, _ address: String, state: Interface.State = .up
    ) {
        let index = interfaces.count + 1
        let own = Self.addresses(address)
        interfaces.append(
            Interface(
                name: name, index: index, state: state, mac: "02:00:00:00:00:0\(index)",
                addresses: own))
        addParameters(name)
        for address in own where state == .up {
            tables[FIBTable.main, default: []].append(
                Route(
                    destination: address.network, interface: name, protocolNumber: 2,
                    preferredSource: address.address))
            tables[FIBTable.local, default: []].append(
                Route(
                    destination: IPv4Prefix(address.address), type: "local", interface: name,
                    protocolNumber: 2, preferredSource: address.address))
        }
    }

    /// Adds a rule behind those of the same priority, as the kernel does.
    package mutating func addRule(_ rule: RoutingPolicyRule) {
        let index = rules.firstIndex { $0.priority > rule.priority } ?? rules.endIndex
        rules.insert(rule, at: index)
    }

    /// Adds a rule to POSTROUTING.
    package mutating func addNAT(_ rule: NATRule, in backend: NATBackend = .nfTables) {
        var chains = nat[backend] ?? Self.emptyChains
        if let index = chains.firstIndex(where: { $0.name == "POSTROUTING" }) {
            chains[index].rules.append(rule)
        }
        nat[backend] = chains
    }

    /// What happens when a link goes down and up: its routes are gone, all but the connected one.
    package mutating func flap(_ name: String) {
        for id in tables.keys where id != FIBTable.local {
            tables[id]?.removeAll { $0.interface == name && $0.protocolNumber != 2 }
        }
    }

    /// The box with the routes of each table in one order, as the kernel keeps them: whoever puts
    /// some back does not choose their places.
    package var ordered: FakeBox {
        var box = self
        for id in tables.keys {
            box.tables[id]?.sort {
                ($0.destination, $0.metric, $0.type) < ($1.destination, $1.metric, $1.type)
            }
        }
        return box
    }

    private mutating func addParameters(_ scope: String) {
        sysctls["net.ipv4.conf.\(scope).send_redirects"] = 1
        sysctls["net.ipv4.conf.\(scope).rp_filter"] = 0
    }

    package static func addresses(_ text: String) -> [InterfaceAddress] {
        text.split(separator: " ").compactMap { word in
            IPv4Prefix.split(word).map { InterfaceAddress($0.address, prefixLength: $0.length) }
        }
    }
}
