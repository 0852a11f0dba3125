import NATModel
import NATPlan
import NATScreen
import Testing

@testable import NATDashboard

@Suite struct CopyTests {
    private func copied(_ driver: Driver) -> [String] {
        driver.effects.compactMap { if case .copy(let text) = $0 { text } else { nil } }
    }

    /// What y and Y copy of the row so many lines down a view.
    private func copies(_ view: Unicode.Scalar, down: Int) -> [String] {
        var driver = Driver(120, 40)
        driver.press(.character(view), .character("g"))
        for _ in 0..<down { driver.press(.down) }
        driver.press(.character("y"), .character("Y"))
        return copied(driver)
    }

    @Test func `a host is its address, and the command that assigns it so`() {
        #expect(
            copies("1", down: 1) == ["172.31.26.176", "natdeck assign 172.31.26.176 eth1"])
        var driver = Driver(120, 40)
        driver.press(.character("y"))
        #expect(driver.screen.contains("copied the host: 172.31.26.175"))
        driver.press(.character("Y"))
        #expect(
            driver.screen.contains(
                "copied the command that makes it: natdeck assign 172.31.26.175 eth0"))
    }

    @Test func `an interface is its public address, and the command that shows it`() {
        var driver = Driver(120, 40)
        driver.press(.backTab, .down, .character("y"), .character("Y"))
        #expect(copied(driver) == ["203.0.113.195", "ip -s address show dev eth1"])
        #expect(driver.screen.contains("copied a command that shows it: ip -s address"))
    }

    @Test func `a policy rule is the command that adds it`() {
        #expect(
            copies("2", down: 1)[1]
                == "ip rule add priority 5000 from 172.31.26.176 lookup 20001 protocol 201")
    }

    @Test func `a route, and the heading of a table`() {
        #expect(
            copies("3", down: 2) == [
                "default",
                "ip route add default via 172.31.0.1 dev eth1 metric 10001 table main",
            ])
        #expect(copies("3", down: 0)[1] == "ip route show table main")
    }

    @Test func `a rule of the nat table is the command that appends it`() {
        #expect(
            copies("4", down: 4) == [
                "172.31.0.0/16",
                "iptables-nft -t nat -A POSTROUTING -s 172.31.0.0/16 -o eth0 -j MASQUERADE",
            ])
        #expect(copies("4", down: 3)[1] == "iptables-nft -t nat -nvL POSTROUTING")
    }

    @Test func `Y in the confirm dialog copies every command of the plan, and applies nothing`() {
        var driver = Driver(120, 60)
        driver.press(.character("a"), .enter, .character("Y"))
        let plan = SamplePlan.assign([SampleBox.prefix("172.31.26.175")], egress: "eth1")
        let lines = plan.steps.map { "\($0.action)" }
        #expect(lines.count == 2)
        #expect(copied(driver) == [lines.joined(separator: "\n")])
        #expect(driver.screen.contains("copied 2 commands of the plan"))
        #expect(driver.plansApplied == 0)
    }

    @Test func `what can be told exactly is told so, and the rest is shown by its number`() {
        let chain = NATChain(name: "PRE")
        let set = NATRuleSet(backend: .nfTables, program: "iptables-nft", chains: [chain])
        func text(_ rule: NATRule) -> String {
            "\(RowCommand(rule, at: 3, of: chain, in: set).command)"
        }
        #expect(
            text(
                NATRule(
                    target: "SNAT", output: "!eth1", source: "!10.0.0.0/8",
                    extra: "/* by hand */ to:172.31.8.208"))
                == "iptables-nft -t nat -A PRE '!' -s 10.0.0.0/8 '!' -o eth1 -m comment --comment 'by hand' -j SNAT --to-source 172.31.8.208"
        )
        #expect(
            text(NATRule(target: "DNAT", proto: "tcp", extra: "tcp dpt:80 to:10.0.0.1"))
                == "iptables-nft -t nat -S PRE 3")
        #expect(
            text(NATRule(target: "MASQUERADE", extra: "random")) == "iptables-nft -t nat -S PRE 3")
        #expect(
            text(NATRule(target: "", proto: "0", input: "eth0"))
                == "iptables-nft -t nat -A PRE -i eth0")
    }

    @Test func `a rule with words of its own is quoted, one nobody can add is shown`() {
        func text(_ rule: RoutingPolicyRule) -> String { "\(RowCommand(rule).command)" }
        #expect(
            text(
                RoutingPolicyRule(
                    priority: 7, action: .other("unreachable"), mark: PacketMark(1, mask: 0xff),
                    selectors: RuleSelectors {
                        $0.isInverted = true
                        $0.input = "$(reboot)"
                    }))
                == "ip rule add priority 7 not from all iif '$(reboot)' fwmark 0x1/0xff unreachable"
        )
        #expect(
            text(RoutingPolicyRule(priority: 7, action: .other("nop")))
                == "ip rule show priority 7")
        #expect(
            text(
                RoutingPolicyRule(
                    priority: 7, action: .lookupOfL3Device,
                    selectors: RuleSelectors { $0.isOfL3Device = true }))
                == "ip rule show priority 7")
    }

    @Test func `without a row nothing is copied`() {
        var driver = Driver(snapshots: 0)
        driver.press(.character("y"), .character("Y"))
        #expect(driver.effects.isEmpty)
        #expect(driver.screen.contains("no row is selected"))
    }

    @Test func `more than a clipboard takes is refused, and its size told`() {
        var driver = Driver(120, 60)
        let sources = (0..<1500).map { IPv4Prefix(IPv4Address(rawValue: 0x0a00_0000 + UInt32($0))) }
        _ = driver.state.copyCommands(of: SamplePlan.assign(sources, egress: "eth1"))
        #expect(driver.screen.contains("bytes are more than a terminal's clipboard takes"))
        #expect(copied(driver).isEmpty)
    }
}
