import NATModel

extension Step.Action {
    /// Whether natdeck makes steps of this kind.
    ///
    /// A step that is read from a file is carried out as root, so one that natdeck never writes
    /// into the file makes the whole file count as corrupt.
    var isMadeByNatdeck: Bool {
        switch self {
        case .routing(.addRule(let rule)), .routing(.deleteRule(let rule)): Self.isOurs(rule)
        case .routing(.addRoute(let route, let table)),
            .routing(.deleteRoute(let route, let table)):
            Self.isOurs(route, table)
        case .addMasquerade(let rule, let position): Self.isOurs(rule) && position ?? 1 > 0
        case .deleteMasquerade(let rule): Self.isOurs(rule)
        case .setParameter(let name, _): Self.isOurs(parameter: name)
        case .endFlows: true
        case .markConnections(let marks):
            marks.egresses.allSatisfy { Self.isInterface($0.interface) }
        case .forgetMarks(let mask): ConnectionMarks.isUsable(mask)
        case .steer: true
        case .setGate(let gate):
            (gate?.entries ?? []).allSatisfy { Self.isInterface($0.egress) }
                && (gate?.addresses?.entries ?? []).allSatisfy {
                    Self.isInterface($0.egress.interface)
                }
                && (gate?.marks?.egresses.values ?? [:].values).allSatisfy(Self.isInterface)
        case .write(let path, _), .remove(let path):
            [SysctlFile.path, Networkd.dropInPath].contains(path)
        // What it may say was looked at when it was read.
        case .cloud: true
        case .keep(let change):
            change.lines.flatMap { [$0.before, $0.after].compactMap(\.self) }.allSatisfy {
                Self.isInterface($0.interface)
            }
        }
    }

    private static func isOurs(_ rule: RoutingPolicyRule) -> Bool {
        guard (0...32767).contains(rule.priority) else { return false }
        switch rule.action {
        case .lookup(let table):
            // A foreign rule is deleted where it is taken over, and comes back.
            return table > 0 && table != FIBTable.local
                && (rule.isOwned || rule.isPlainSourceLookup)
        case .goto(let target): return rule.isOwned && Ownership.landings.contains(target)
        case .other("nop"): return rule.isOwned && Ownership.landings.contains(rule.priority)
        case .lookupOfL3Device, .other: return false
        }
    }

    private static func isOurs(_ route: Route, _ table: Int) -> Bool {
        route.isOwned && table > 0 && table != FIBTable.local && table != FIBTable.main
            && ["unicast", "unreachable", "throw"].contains(route.type)
            && route.interface.map(isInterface) ?? true
    }

    private static func isOurs(_ rule: Masquerade) -> Bool {
        ["iptables", "iptables-nft", "iptables-legacy", NATRuleSet.nft].contains(rule.program)
            && isInterface(rule.interface)
            // nft(8) has no way to write a quote within quotes.
            && (rule.program != NATRuleSet.nft || !rule.interface.utf8.contains(UInt8(ascii: "\"")))
    }

    /// A word that a program takes for nothing but the name of an interface.
    private static func isInterface(_ name: String) -> Bool {
        !name.isEmpty && KernelName.bytes(name).count < 16 && !name.utf8.contains(UInt8(ascii: "/"))
            && name != "." && name != ".."
    }

    private static func isOurs(parameter name: String) -> Bool {
        if ["net.ipv4.ip_forward", "net.netfilter.nf_conntrack_acct"].contains(name) {
            return true
        }
        // The name becomes a path: `..` or a slash would lead elsewhere.
        guard let scope = SysctlName(dotted: name).scope, isInterface(scope) else { return false }
        return ["rp_filter", "send_redirects", "src_valid_mark"].contains {
            name == "net.ipv4.conf.\(scope).\($0)"
        }
    }
}
