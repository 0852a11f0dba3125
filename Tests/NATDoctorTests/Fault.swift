import NATDoctor
import NATHost
import NATModel
import NATPlan
import NATTesting
import Testing

extension FakeBox {
    /// A box that nothing is wrong with.
    static var healthy: FakeBox {
        var box = scenario
        box.sysctls["net.netfilter.nf_conntrack_acct"] = 1
        box.sysctls["net.netfilter.nf_conntrack_count"] = 12
        box.sysctls["net.netfilter.nf_conntrack_max"] = 1000
        box.files["/proc/net/stat/nf_conntrack"] =
            "insert_failed drop early_drop\n00000002 00000000 00000000\n"
        var wanted = ["net.ipv4.ip_forward": 1, "net.netfilter.nf_conntrack_acct": 1]
        for name in ["all", "eth0", "eth1"] { wanted["net.ipv4.conf.\(name).send_redirects"] = 0 }
        box.files[SysctlFile.path] = SysctlFile(wanted: wanted).contents
        box.files[Environment.servicePath] = "[Service]\n"
        box.files[Environment.serviceLink] = ""
        box.locked = ["/run/natdeck/guard.lock"]
        return box
    }

    /// Sends EC2-B to a table of ours with these routes.
    mutating func assignHost(_ routes: [Route]) {
        tables[20001] = routes.isEmpty ? nil : routes
        addRule(
            RoutingPolicyRule(
                priority: 5000, source: Self.hostB, action: .lookup(table: 20001),
                protocolNumber: 201))
    }

    /// Sends EC2-B to a table by a rule that is not ours.
    mutating func send(to table: Int, priority: Int) {
        addRule(
            RoutingPolicyRule(priority: priority, source: Self.hostB, action: .lookup(table: table))
        )
    }

    /// Routes of ours that hand back what goes to these networks.
    static func thrown(_ networks: [String]) -> [Route] {
        networks.map {
            Route(destination: source($0), type: "throw", protocolNumber: 201)
        }
    }

    /// A filter table whose FORWARD chain drops what leaves by an interface.
    static func dropping(_ interface: String) -> NATRuleSet {
        NATRuleSet(
            backend: .nfTables, program: "iptables-nft",
            chains: [
                NATChain(
                    name: "FORWARD", policy: "ACCEPT", packets: 0, bytes: 0,
                    rules: [NATRule(target: "DROP", output: interface)])
            ])
    }

    static let hostB = source("172.31.26.176")
    static let wayOut = Route(
        destination: .all, nextHop: IPv4Address("172.31.0.1"), interface: "eth1",
        protocolNumber: 201)
    static let backstop = Route(
        destination: .all, type: "unreachable", metric: .max, protocolNumber: 201)
}

/// A fault of a box, the check that finds it, and what keeps the check from being made.
struct Fault: CustomTestStringConvertible, Sendable {
    var id: String
    var status: Check.Status
    /// Whether natdeck makes a plan that mends it.
    var isMendable: Bool
    /// Whether there is something to be done about it.
    var hasFix: Bool
    /// Breaks a healthy box.
    var happens: @Sendable (inout FakeBox) -> Void
    /// Makes a part of the box unreadable.
    var hides: @Sendable (FakeHost) -> Void

    var testDescription: String { id }

    init(
        _ id: String, _ status: Check.Status, mendable: Bool = false, fixable: Bool = true,
        hides: @escaping @Sendable (FakeHost) -> Void,
        happens: @escaping @Sendable (inout FakeBox) -> Void
    ) {
        self.id = id
        self.status = status
        isMendable = mendable
        hasFix = fixable
        self.happens = happens
        self.hides = hides
    }

    private static let withoutRouting: @Sendable (FakeHost) -> Void = { host in
        host.box.unreadable.formUnion(["ip rule show", "ip route show table all"])
    }
    private static let withoutNAT: @Sendable (FakeHost) -> Void = { $0.uninstall("iptables-nft") }

    private static func file(_ path: String) -> @Sendable (FakeHost) -> Void {
        { host in host.box.unreadable.insert(path) }
    }

    private static let parameters = file("/proc/sys/net/ipv4/ip_forward")

    static let all = ofParameters + ofTables + ofRules + ofNAT + ofKeeping

    private static let ofParameters = [
        Fault("ip-forward-off", .error, mendable: true, hides: parameters) {
            $0.sysctls["net.ipv4.ip_forward"] = 0
        },
        Fault("send-redirects-on", .warning, mendable: true, hides: parameters) {
            $0.sysctls["net.ipv4.conf.eth1.send_redirects"] = 1
        },
        Fault("rp-filter-strict", .error, mendable: true, hides: withoutRouting) { box in
            box.sysctls["net.ipv4.conf.all.rp_filter"] = 1
            box.rules.removeAll { $0.priority == 32765 }
        },
        Fault("conntrack-accounting-off", .info, mendable: true, hides: parameters) {
            $0.sysctls["net.netfilter.nf_conntrack_acct"] = 0
        },
        Fault(
            "conntrack-nearly-full", .warning,
            hides: file("/proc/sys/net/netfilter/nf_conntrack_count")
        ) { $0.sysctls["net.netfilter.nf_conntrack_count"] = 801 },
    ]

    private static let ofTables = [
        Fault("assignment-closed", .error, hides: withoutRouting) {
            $0.assignHost([FakeBox.backstop])
        },
        Fault("assignment-open", .error, hides: withoutRouting) { $0.assignHost([]) },
        Fault("table-without-backstop", .warning, mendable: true, hides: withoutRouting) {
            $0.assignHost([FakeBox.wayOut])
        },
        Fault("table-behind-main", .warning, mendable: true, hides: withoutRouting) {
            $0.assignHost([FakeBox.wayOut, FakeBox.backstop])
        },
        Fault("platform-table", .warning, mendable: true, hides: withoutRouting) {
            $0.send(to: 10001, priority: 32764)
        },
        Fault(
            "networkd-deletes-rules", .warning, mendable: true, hides: file("/run/systemd/netif")
        ) { $0.files["/run/systemd/netif/state"] = "OPER_STATE=routable\n" },
    ]

    private static let ofRules = [
        Fault("duplicate-rules", .warning, mendable: true, hides: withoutRouting) { box in
            box.send(to: 10001, priority: 32763)
            box.send(to: 10001, priority: 32764)
        },
        Fault("shadowed-rules", .warning, mendable: true, hides: withoutRouting) { box in
            box.send(to: 10001, priority: 100)
            box.send(to: FIBTable.main, priority: 200)
        },
        Fault("rules-in-the-way", .warning, hides: withoutRouting) { box in
            box.assignHost([FakeBox.wayOut, FakeBox.backstop])
            box.addRule(
                RoutingPolicyRule(
                    priority: 100, action: .lookup(table: FIBTable.main),
                    selectors: RuleSelectors { $0.ipProtocol = 6 }))
        },
        Fault("priority-band-shared", .info, fixable: false, hides: withoutRouting) {
            $0.send(to: 10001, priority: 5010)
        },
        Fault("own-network-mute", .error, hides: withoutRouting) {
            $0.addRule(
                RoutingPolicyRule(
                    priority: 32000, source: FakeBox.source("172.31.0.0/16"),
                    action: .lookup(table: 10001)))
        },
    ]

    private static let ofNAT = [
        Fault("not-masqueraded", .error, mendable: true, hides: withoutNAT) { box in
            box.assignHost([FakeBox.wayOut, FakeBox.backstop])
            box.nat[.nfTables] = FakeBox.emptyChains
        },
        Fault("masquerade-missing", .warning, mendable: true, hides: withoutNAT) { box in
            box.nat[.nfTables] = FakeBox.emptyChains
            box.addNAT(NATRule(target: "MASQUERADE", output: "eth0", source: "172.31.0.0/16"))
        },
        Fault("nat-address-elsewhere", .error, hides: withoutNAT) { box in
            box.assignHost([FakeBox.wayOut, FakeBox.backstop])
            box.nat[.nfTables] = FakeBox.emptyChains
            box.addNAT(NATRule(target: "SNAT", source: "172.31.0.0/16", extra: "to:172.31.8.207"))
        },
        Fault(
            "ipv6-leaves", .warning, hides: file("/proc/sys/net/ipv6/conf/all/forwarding")
        ) { box in
            box.assignHost([FakeBox.wayOut, FakeBox.backstop])
            box.sysctls["net.ipv6.conf.all.forwarding"] = 1
            let any = String(repeating: "0", count: 32)
            box.files["/proc/net/ipv6_route"] =
                "\(any) 00 \(any) 00 fe80\(any.dropFirst(4)) 00000400 00000001 00000000 00000003 eth0\n"
        },
        Fault("mtu-smaller", .info, hides: withoutRouting) { box in
            box.assignHost([FakeBox.wayOut, FakeBox.backstop])
            box.interfaces[1].mtu = 9001
            box.interfaces[2].mtu = 1500
        },
        Fault("forward-drops", .error, hides: file("nftables")) { box in
            box.assignHost([FakeBox.wayOut, FakeBox.backstop])
            box.forward = [FakeBox.dropping("eth1")]
        },
        Fault("two-nat-backends", .warning, hides: withoutNAT) {
            $0.addNAT(NATRule(target: "MASQUERADE", output: "eth0"), in: .legacy)
        },
        Fault("masquerade-counts-all", .info, fixable: false, hides: withoutNAT) { box in
            box.nat[.nfTables] = FakeBox.emptyChains
            box.addNAT(NATRule(target: "MASQUERADE", source: "172.31.0.0/16"))
        },
        Fault("duplicate-nat-rules", .info, hides: withoutNAT) {
            $0.addNAT(NATRule(target: "MASQUERADE", output: "eth0", source: "172.31.0.0/16"))
        },
        Fault("saved-iptables-rules", .info, hides: file("/etc/iptables/rules.v4")) {
            $0.files["/etc/iptables/rules.v4"] = "*nat\nCOMMIT\n"
        },
    ]

    private static let ofKeeping = [
        Fault("parameters-not-saved", .warning, mendable: true, hides: file("/etc/sysctl.d")) {
            $0.files[SysctlFile.path] = nil
        },
        Fault(
            "assignments-differ", .error, mendable: true, hides: file(SavedAssignment.path)
        ) {
            $0.files[SavedAssignment.path] = "172.31.26.176 eth1\n"
        },
        Fault("many-host-rules", .warning, mendable: true, hides: withoutRouting) { box in
            box.tables[20001] =
                [FakeBox.backstop, FakeBox.wayOut]
                + FakeBox.thrown([
                    "10.0.0.0/8", "100.64.0.0/10", "169.254.0.0/16", "172.16.0.0/12",
                    "192.168.0.0/16",
                ])
            for host in 1...201 {
                box.addRule(
                    RoutingPolicyRule(
                        priority: 5000, source: FakeBox.source("172.31.77.\(host)"),
                        action: .lookup(table: 20001), protocolNumber: 201))
            }
        },
        Fault("connections-not-kept", .warning, hides: withoutRouting) {
            $0.addRule(
                RoutingPolicyRule(
                    priority: 4701, action: .lookup(table: 20001), protocolNumber: 201,
                    mark: PacketMark(0x10000, mask: 0xff0000)))
        },
        Fault("mark-bits-shared", .warning, hides: withoutRouting) { box in
            // tailscale comes after natdeck, which has taken its bits.
            for (priority, table, mark, owner) in [
                (4701, 20001, 0x10000, 201), (5210, FIBTable.main, 0x80000, 0),
            ] as [(Int, Int, UInt32, Int)] {
                box.addRule(
                    RoutingPolicyRule(
                        priority: priority, action: .lookup(table: table), protocolNumber: owner,
                        mark: PacketMark(mark, mask: 0xff0000)))
            }
        },
        Fault("service-missing", .info, hides: file("/etc/systemd/system")) {
            $0.files[Environment.servicePath] = nil
        },
    ]
}
