import NATDashboard
import NATModel
import NATPlan

/// The box of the scenario, with EC2-B assigned to eth1 by a rule of ours.
enum SampleBox {
    static func address(_ text: String) -> IPv4Address {
        IPv4Address(text) ?? IPv4Address(rawValue: 0)
    }

    static func prefix(_ text: String) -> IPv4Prefix { IPv4Prefix(text) ?? .all }

    /// A table that marks some of what hosts send.
    static let marking = NATRuleSet(
        backend: .nfTables, program: "iptables-nft", table: "mangle",
        chains: [
            NATChain(
                name: "PREROUTING", policy: "ACCEPT",
                rules: [NATRule(target: "MARK", extra: "tcp dpt:25 MARK set 0x1")])
        ])

    /// The snapshot after so many seconds of traffic.
    static func snapshot(seconds: UInt64 = 0) -> Snapshot {
        var snapshot = unproven(seconds: seconds)
        snapshot.flows = .value(
            flows([
                "172.31.26.175": [("172.31.8.207", 118)], "172.31.26.176": [("172.31.8.208", 12)],
            ]))
        snapshot.conntrack = .value(
            ConntrackCounters(count: 3800, limit: 262_144, countsTraffic: true))
        return snapshot
    }

    /// What these hosts' flows add up to, so many by each own address of the box; the first is the
    /// busiest by far.
    static func flows(_ hosts: KeyValuePairs<String, [(String, Int)]>) -> FlowTotals {
        var totals = FlowTotals(spanMilliseconds: 1000)
        for (place, host) in hosts.enumerated() {
            var flows = HostFlows()
            flows.begun = place + 1
            var carried = HostFlows.Carried()
            carried.receivedBytes = UInt64(1_500_000 >> (place * 6))
            carried.sentBytes = UInt64(40_000 >> (place * 2))
            flows.carriedSince = carried
            for (address, count) in host.value {
                var seen = HostFlows.Seen()
                seen.flows = count
                seen.replied = count
                seen.begun = 1
                flows.seen[Self.address(address)] = seen
                flows.flows += count
                totals.ports.append(
                    PortUse(
                        address: Self.address(address), transport: 6,
                        destination: Self.address("198.51.100.10"), port: 443, used: count * 60))
            }
            totals.hosts[address(host.key)] = flows
        }
        totals.ports.sort { $0.used > $1.used }
        return totals
    }

    /// The same, with nothing known of flows.
    private static func unproven(seconds: UInt64) -> Snapshot {
        Snapshot(
            takenAtMilliseconds: 1_700_000_000_000 + Int64(seconds) * 1000, hostName: "nat-1",
            interfaces: .value([
                Interface(
                    name: "lo", index: 1, state: .unknown,
                    addresses: [InterfaceAddress(address("127.0.0.1"), prefixLength: 8)],
                    isLoopback: true),
                nic("eth0", 2, "172.31.8.207", mac: "02:00:00:00:00:07", speed: 1_000_000_000),
                nic("eth1", 3, "172.31.8.208", mac: "02:00:00:00:00:08", speed: 1_000_000_000),
            ]),
            counters: .value([
                "lo": InterfaceCounters(),
                "eth0": counters(rx: 1_550_000 * seconds, tx: 387_500 * seconds + wave(seconds)),
                "eth1": counters(rx: 150_000 * seconds, tx: 50_000 * seconds),
            ]),
            rules: .value(rules), tables: .value(tables),
            nat: .value([natRules(seconds: seconds)]),
            sysctls: .value(sysctls), sysctlFile: .value(nil),
            cloud: .value([
                cloud("02:00:00:00:00:07", "203.0.113.178", "172.31.8.207"),
                cloud("02:00:00:00:00:08", "203.0.113.195", "172.31.8.208"),
            ]),
            neighbours: .value([
                Neighbour(
                    address: address("172.31.0.1"), interface: "eth0", mac: "02:00:00:00:00:01"),
                Neighbour(
                    address: address("172.31.26.175"), interface: "eth0", mac: "02:00:00:00:0a:75"),
                Neighbour(
                    address: address("172.31.26.176"), interface: "eth0", mac: "02:00:00:00:0b:76"),
            ]),
            saved: .value([
                SavedAssignment(source: prefix("172.31.26.176"), egress: "eth1"),
                SavedAssignment(source: prefix("172.31.26.180"), egress: "eth1"),
            ]),
            forward: .value([]))
    }

    /// The snapshot with this many hosts more on the link.
    static func crowded(_ count: Int, seconds: UInt64 = 0) -> Snapshot {
        var snapshot = snapshot(seconds: seconds)
        let more = (0..<count).map { index in
            Neighbour(
                address: IPv4Address(rawValue: address("172.31.40.1").rawValue + UInt32(index)),
                interface: "eth0", mac: "02:00:00:00:0c:00")
        }
        snapshot.neighbours = .value((snapshot.neighbours.value ?? []) + more)
        return snapshot
    }

    /// A box with this many interfaces `ens5` on, each with a gateway, two addresses on every tenth.
    static func crowdedInterfaces(_ count: Int, seconds: UInt64 = 0) -> Snapshot {
        var snapshot = snapshot(seconds: seconds)
        var interfaces = Array((snapshot.interfaces.value ?? []).prefix(1))
        var routes: [Route] = []
        var counters: [String: InterfaceCounters] = [:]
        for number in 0..<count {
            let name = "ens\(number + 5)"
            var interface = nic(name, number + 2, "10.20.\(number).5", mac: "02:00:00:00:01:00")
            if number % 10 == 9 {
                let second = InterfaceAddress(address("10.20.\(number).6"), prefixLength: 24)
                interface.addresses.append(second)
            }
            interfaces.append(interface)
            routes.append(
                Route(
                    destination: .all, nextHop: address("10.20.\(number).1"), interface: name,
                    metric: UInt32(number)))
            let bytes = UInt64(number) * 10_000 * seconds
            counters[name] = self.counters(rx: bytes, tx: bytes / 4)
        }
        snapshot.interfaces = .value(interfaces)
        snapshot.counters = .value(counters)
        snapshot.tables = .value([FIBTable(id: FIBTable.main, routes: routes)])
        snapshot.nat = .value([])
        snapshot.cloud = .value([])
        return snapshot
    }

    static let rules = [
        RoutingPolicyRule(priority: 0, action: .lookup(table: FIBTable.local)),
        RoutingPolicyRule(
            priority: 5000, source: prefix("172.31.26.176"), action: .lookup(table: 20001),
            protocolNumber: 201),
        RoutingPolicyRule(
            priority: 32764, source: prefix("172.31.26.180"), action: .lookup(table: 10001)),
        RoutingPolicyRule(
            priority: 32765, source: prefix("172.31.8.208"), action: .lookup(table: 10001)),
        RoutingPolicyRule(priority: 32766, action: .lookup(table: FIBTable.main)),
        RoutingPolicyRule(priority: 32767, action: .lookup(table: FIBTable.defaultTable)),
    ]

    static let tables = [
        FIBTable(
            id: FIBTable.main,
            routes: [
                Route(destination: .all, nextHop: address("172.31.0.1"), interface: "eth0"),
                Route(
                    destination: .all, nextHop: address("172.31.0.1"), interface: "eth1",
                    metric: 10001),
                Route(
                    destination: prefix("172.31.0.0/16"), interface: "eth0", protocolNumber: 2,
                    preferredSource: address("172.31.8.207")),
            ]),
        FIBTable(
            id: 10001,
            routes: [
                Route(destination: .all, nextHop: address("172.31.0.1"), interface: "eth1")
            ]),
        FIBTable(
            id: 20001,
            routes: [
                Route(
                    destination: .all, nextHop: address("172.31.0.1"), interface: "eth1",
                    protocolNumber: 201),
                Route(
                    destination: .all, type: "unreachable", metric: 4_278_198_272,
                    protocolNumber: 201),
            ]
                + [
                    "10.0.0.0/8", "100.64.0.0/10", "169.254.0.0/16", "172.16.0.0/12",
                    "192.168.0.0/16",
                ].map {
                    Route(destination: prefix($0), type: "throw", protocolNumber: 201)
                }),
    ]

    static func natRules(seconds: UInt64) -> NATRuleSet {
        NATRuleSet(
            backend: .nfTables, program: "iptables-nft",
            chains: [
                NATChain(name: "PREROUTING", policy: "ACCEPT", packets: 1, bytes: 60),
                NATChain(name: "INPUT", policy: "ACCEPT", packets: 0, bytes: 0),
                NATChain(name: "OUTPUT", policy: "ACCEPT", packets: 0, bytes: 0),
                NATChain(
                    name: "POSTROUTING", policy: "ACCEPT", packets: 0, bytes: 0,
                    rules: [
                        masquerade("eth0", packets: 42 * seconds),
                        masquerade("eth1", packets: seconds / 30),
                    ]),
            ])
    }

    static func masquerade(_ interface: String, packets: UInt64) -> NATRule {
        NATRule(
            packets: packets, bytes: packets * 60, target: "MASQUERADE", output: interface,
            source: "172.31.0.0/16")
    }

    private static let sysctls = [
        "net.ipv4.ip_forward": 1, "net.ipv4.conf.all.send_redirects": 0,
        "net.ipv4.conf.eth0.send_redirects": 0, "net.ipv4.conf.eth1.send_redirects": 0,
        "net.ipv4.conf.all.rp_filter": 2, "net.ipv4.conf.eth0.rp_filter": 2,
        "net.ipv4.conf.eth1.rp_filter": 2, "net.netfilter.nf_conntrack_acct": 1,
    ]

    private static func nic(
        _ name: String, _ index: Int, _ own: String, mac: String, speed: UInt64? = nil
    ) -> Interface {
        var interface = Interface(
            name: name, index: index, state: .up, mac: mac,
            addresses: [InterfaceAddress(address(own), prefixLength: 16)])
        interface.speedBitsPerSecond = speed
        return interface
    }

    private static func counters(rx: UInt64, tx: UInt64) -> InterfaceCounters {
        InterfaceCounters(rxBytes: rx, rxPackets: rx / 1000, txBytes: tx, txPackets: tx / 1000)
    }

    /// Bytes sent on top of an even flow, in a rhythm of 20 s.
    private static func wave(_ seconds: UInt64) -> UInt64 {
        (0..<seconds).reduce(0) { sum, second in
            let phase = second % 20
            return sum + 400_000 * (phase < 10 ? phase : 20 - phase)
        }
    }

    private static func cloud(_ mac: String, _ outside: String, _ own: String) -> CloudInterface {
        CloudInterface(
            mac: mac,
            publicAddresses: [
                PublicAddress(address(outside), privateAddress: address(own), source: .metadata)
            ],
            subnet: prefix("172.31.0.0/16"), vpcNetworks: [prefix("172.31.0.0/16")])
    }
}

/// Plans as the planner would make them, written down so that the screens do not change with it.
enum SamplePlan {
    /// Moves a source, in the steps of a real plan; a network gets more steps than fit a screen.
    static func make(_ intent: Intent, _ snapshot: Snapshot) throws(PlanRefusal) -> Plan {
        if snapshot.rules == .failed(.unread) {
            throw PlanRefusal("the rules", ReadFailure.unread.reason)
        }
        switch intent {
        case .assign(let sources, let egress, _):
            guard egress != "eth9" else { throw PlanRefusal("eth9", "there is no such interface") }
            return assign(sources, egress: egress)
        case .release(let sources, _):
            guard let source = sources.first, source == SampleBox.prefix("172.31.26.176") else {
                throw PlanRefusal(
                    sources.first?.description ?? "", "has no assignment made by natdeck",
                    fix: "natdeck assign SOURCE NIC makes one")
            }
            return Plan(
                intent: intent, title: "\(source) leaves by where table main sends it",
                steps: [delete(source)], verifications: [.leaves(source, by: "eth0")])
        case .mend(let mend):
            return Plan(
                intent: intent, title: "send no redirects",
                steps: [
                    Step(
                        "tell no host of another router",
                        .setParameter("net.ipv4.conf.all.send_redirects", 0),
                        inverse: .setParameter("net.ipv4.conf.all.send_redirects", 1)
                    )
                ], verifications: [.sysctl("net.ipv4.conf.all.send_redirects", 0)],
                warnings: mend == .keepForeignRules ? ["restart it"] : [])
        case .setup, .removeAll, .arrange, .undo, .cut:
            throw PlanRefusal("setup", "is not made here")
        }
    }

    static func assign(_ sources: [IPv4Prefix], egress: Egress) -> Plan {
        let names = sources.map(\.description).joined(separator: ", ")
        if sources == [SampleBox.prefix("172.31.26.176")], egress == "eth1" {
            return Plan(
                intent: .assign(sources, egress: egress, options: AssignOptions()),
                title: "\(names) leaves by \(egress) already")
        }
        return Plan(
            intent: .assign(sources, egress: egress, options: AssignOptions()),
            title: "\(names) leaves by \(egress), seen outside as 203.0.113.195",
            steps: sources.flatMap { [add($0), cut($0)] },
            verifications: sources.flatMap {
                [
                    Verification.leaves($0, by: egress.interface),
                    .isMasqueraded($0, by: egress.interface),
                ]
            },
            warnings: ["live connections of a moved host end with a reset"])
    }

    private static func add(_ source: IPv4Prefix) -> Step {
        let rule = RoutingPolicyRule(
            priority: 5000, source: source, action: .lookup(table: 20001), protocolNumber: 201)
        return Step(
            "packets of \(source) look their route up in table 20001", .routing(.addRule(rule)),
            inverse: .routing(.deleteRule(rule)))
    }

    private static func delete(_ source: IPv4Prefix) -> Step {
        let step = add(source)
        return Step(
            "the rule for \(source) goes", step.inverse ?? step.action, inverse: step.action)
    }

    private static func cut(_ source: IPv4Prefix) -> Step {
        Step(
            "its old flows are forgotten, so that they do not keep the old address",
            .endFlows(FlowSelection(source)), inverse: nil, mayFail: true)
    }
}
