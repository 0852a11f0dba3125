import NATModel
import NATScreen
import Testing

@testable import NATDashboard

/// The overview shows where packets really go, and what is not known as such.
@Suite struct TruthTests {
    private func screen(_ change: (inout Snapshot) -> Void) -> [Substring] {
        var snapshot = SampleBox.snapshot()
        change(&snapshot)
        var driver = Driver(120, 40, snapshots: 0)
        driver.read(snapshot)
        driver.press(.home)
        return driver.screen.split(separator: "\n")
    }

    private func row(_ screen: [Substring], _ name: String = "172.31.26.176") -> Substring {
        screen.first { $0.contains("\(name) ") } ?? ""
    }

    @Test func `an assignment that an earlier rule defeats shows the way it really takes`() {
        let screen = screen {
            $0.rules = .value(
                [RoutingPolicyRule(priority: 100, action: .lookup(table: FIBTable.main))]
                    + SampleBox.rules)
        }
        for part in ["eth1 ●", "203.0.113.195 ✓", "rule 100 ○ before ours"] {
            #expect(row(screen).contains(part), "\(row(screen))")
        }
        // Two hosts are to leave by eth1, and neither does.
        #expect(row(screen, "● eth0").hasSuffix(" 1"))
        #expect(row(screen, "● eth1").hasSuffix(" 2 ≠2"))
    }

    @Test func `short flows that have ended prove a move while an old one stands`() {
        // The host was moved to eth1: what stands began on eth0, what begins ends at once.
        var totals = SampleBox.flows(["172.31.26.176": [("172.31.8.207", 1)]])
        var short = HostFlows.Seen()
        short.ended = 30
        let host = SampleBox.address("172.31.26.176")
        #expect(row(screen { $0.flows = .value(totals) }).contains("203.0.113.178 ≠"))
        totals.hosts[host]?.seen[SampleBox.address("172.31.8.208")] = short
        let shown = screen { $0.flows = .value(totals) }
        #expect(row(shown).contains("203.0.113.195 ½"), "\(row(shown))")
        #expect(row(shown).contains("1 flow still on eth0"), "\(row(shown))")
        // Those of before a move prove nothing of where it leaves now.
        totals.hosts[host]?.seen = [SampleBox.address("172.31.8.207"): short]
        #expect(row(screen { $0.flows = .value(totals) }).contains("no flow yet"))
    }

    @Test func `a host of short flows keeps its proof and its figures while none lives`() {
        var totals = FlowTotals(spanMilliseconds: 1000)
        var host = HostFlows()
        var short = HostFlows.Seen()
        short.ended = 30
        host.begun = 7
        host.seen = [SampleBox.address("172.31.8.208"): short]
        totals.hosts[SampleBox.address("172.31.26.176")] = host
        let shown = screen { $0.flows = .value(totals) }
        #expect(row(shown).contains("203.0.113.195 ✓"), "\(row(shown))")
        #expect(row(shown).contains(" 7.0 "), "\(row(shown))")
        #expect(!shown.contains { $0.contains("none has had an answer") })
        // One that leaves by nobody's wish but the main table's is as busy.
        totals.hosts[SampleBox.address("172.31.26.175")] = HostFlows()
        short.ended = 2
        totals.hosts[SampleBox.address("172.31.26.175")]?.begun = 3
        totals.hosts[SampleBox.address("172.31.26.175")]?.seen = [
            SampleBox.address("172.31.8.207"): short
        ]
        let other = row(screen { $0.flows = .value(totals) }, "172.31.26.175")
        #expect(other.contains("203.0.113.178 ✓") && other.contains(" 3.0 "), "\(other)")
    }

    @Test func `a host that a rule gives an address of nobody is shown with that`() {
        let screen = screen {
            $0.flows = .value(FlowTotals())
            $0.nat = .value([
                NATRuleSet(
                    backend: .nfTables, program: "iptables-nft",
                    chains: [
                        NATChain(
                            name: "POSTROUTING", policy: "ACCEPT",
                            rules: [NATRule(target: "SNAT", extra: "to:198.51.100.9")])
                    ])
            ])
        }
        #expect(row(screen).contains("198.51.100.9 ≠"), "\(row(screen))")
        #expect(row(screen).contains("translated to 198.51."), "\(row(screen))")
    }

    @Test func `an earlier rule that refuses is shown as a block`() {
        let screen = screen {
            $0.rules = .value(
                [
                    RoutingPolicyRule(
                        priority: 100, source: SampleBox.prefix("172.31.26.176"),
                        action: .other("prohibit"))
                ] + SampleBox.rules)
        }
        for part in ["rule 100 ○ before ours"] { #expect(row(screen).contains(part)) }
    }

    @Test(arguments: [
        RoutingPolicyRule(priority: 100, action: .lookup(table: FIBTable.main)),
        RoutingPolicyRule(
            priority: 100, source: SampleBox.prefix("172.31.26.176"), action: .other("prohibit")),
    ])
    func `the rules say that a defeated rule is never reached`(rule: RoutingPolicyRule) {
        var snapshot = SampleBox.snapshot()
        snapshot.rules = .value([rule] + SampleBox.rules)
        var driver = Driver(160, 40, snapshots: 0)
        driver.read(snapshot)
        driver.press(.character("2"))
        let row = driver.screen.split(separator: "\n").first { $0.contains("lookup 20001") }
        #expect(row?.contains("never reached: rule 100 comes first") == true, "\(row ?? "")")
    }

    @Test func `a host whose table is open is shown to leak, and not to be blocked`() {
        let screen = screen { snapshot in
            snapshot.tables = .value(SampleBox.tables.filter { $0.id != 10001 })
        }
        let row = row(screen, "172.31.26.180")
        for part in ["203.0.113.178 ≠", "table 10001 is open: rule 32766"] {
            #expect(row.contains(part), "\(row)")
        }
        #expect(!row.contains("blocked"))
    }

    @Test func `SNAT to a secondary address promises that one's public address`() {
        let screen = screen { snapshot in
            snapshot.nat = snapshot.nat.map { sets in
                var sets = sets
                sets[0].chains[3].rules.insert(
                    NATRule(
                        target: "SNAT", output: "eth1", source: "172.31.26.176",
                        extra: "to:172.31.8.209"), at: 0)
                return sets
            }
            snapshot.cloud = snapshot.cloud.map { interfaces in
                var interfaces = interfaces
                interfaces[1].publicAddresses.append(
                    PublicAddress(
                        SampleBox.address("203.0.113.200"),
                        privateAddress: SampleBox.address("172.31.8.209"), source: .metadata))
                return interfaces
            }
        }
        // Its flows began before the rule, and are seen as the other address.
        #expect(row(screen).contains("203.0.113.195 ≠"), "\(row(screen))")
        #expect(screen.contains { $0.contains("nat row 1 → 203.0.113.200;  ") })
    }

    @Test(arguments: [
        (SnapshotPart.nat, Key.character("4"), "no nat table"),
        (.rules, .character("2"), "no rules"), (.tables, .character("3"), "no tables"),
        (.interfaces, .character("1"), "no interface to leave by"),
        (.neighbours, .character("1"), "no host seen yet"),
    ])
    func `a part that was never read well is unknown, and not empty`(
        part: SnapshotPart, key: Key, claim: String
    ) {
        var snapshot = Snapshot.unread(hostName: "nat-1")
        let failure = ReadFailure("a command", "no answer in 5 s")
        snapshot.interfaces = .failed(failure)
        snapshot.rules = .failed(failure)
        snapshot.tables = .failed(failure)
        snapshot.nat = .failed(failure)
        snapshot.neighbours = .failed(failure)
        var driver = Driver(120, 40, snapshots: 0)
        driver.read(snapshot)
        driver.press(key)
        #expect(driver.screen.contains("unknown: it cannot be read"))
        #expect(!driver.screen.contains(claim))
    }

    @Test func `j and k move in the choice of an interface`() {
        var driver = Driver()
        driver.press(.character("a"))
        func choice() -> String? {
            guard case .assigning(let dialog) = driver.state.mode else { return nil }
            return dialog.choice?.description
        }
        #expect(choice() == "eth1")
        driver.press(.character("k"))
        #expect(choice() == "eth0")
        driver.press(.character("j"))
        #expect(choice() == "eth1")
    }
}
