import Foundation
import NATModel
import NATPlan
import NATScreen
import Testing

@testable import NATDashboard

/// Screens as text files, to be read by people; `NATDECK_UPDATE_GOLDENS=1` writes them anew.
@Suite struct GoldenScreens {
    enum Scene: String, CaseIterable {
        case first, overview, rules, routes, nat, bothBackends = "both-backends", help, details
        case assign, assignTyped = "assign-typed", confirm, confirmLong = "confirm-long", applying
        case done, rolledBack = "rolled-back", leftovers, refused, readonly, stale, frozen
        case egress, manyInterfaces = "many-interfaces", interface
        case interfaceTroubled = "interface-troubled"
        case helpInterfaces = "help-interfaces"
        case names, filter, problems, crowded, marked, troubled, doctor, mend, drift
        case palette, paletteTyped = "palette-typed", copied, assignMany = "assign-many"
        case markedFiltered = "marked-filtered", filterRemembered = "filter-remembered"
        case log, logDetails = "log-details", asking, decides, disagrees
        case ruleDetails = "rule-details"
        case proof, proofDetails = "proof-details", flows, flowGroups = "flow-groups"
        case sortMenu = "sort-menu", exceptions, pending, takenBack = "taken-back"
    }

    static let sizes = [(80, 24), (120, 40), (200, 60), (40, 10)].map {
        Size(columns: $0, rows: $1)
    }

    @Test(arguments: Scene.allCases, sizes)
    func `looks as it was agreed`(scene: Scene, size: Size) throws {
        try Self.check(
            "\(scene.rawValue)-\(size.columns)x\(size.rows)", Self.screen(scene, size))
    }

    @Test(arguments: Scene.allCases)
    func `looks as it was agreed where there is ASCII alone`(scene: Scene) throws {
        let driver = Self.played(scene, Size(columns: 80, rows: 24))
        try Self.check("ASCII/\(scene.rawValue)-80x24", driver.state.render().asciiText)
    }

    @Test(arguments: Scene.allCases, sizes)
    func `every character has a likeness in ASCII, in its own cell`(scene: Scene, size: Size) {
        let frame = Self.played(scene, size).state.render()
        let rows = zip(
            frame.text.split(separator: "\n", omittingEmptySubsequences: false),
            frame.asciiText.split(separator: "\n", omittingEmptySubsequences: false))
        for (row, ascii) in rows {
            #expect(ascii.utf8.allSatisfy { (0x20...0x7e).contains($0) }, "\(ascii)")
            #expect(ascii.utf8.count == row.unicodeScalars.count, "\(row)\n\(ascii)")
            // A question mark that nobody wrote stands for a character without a likeness.
            #expect(ascii.count { $0 == "?" } == row.count { $0 == "?" }, "\(row)\n\(ascii)")
        }
    }

    @Test func `a screen too small for a table holds one sentence`() throws {
        var driver = Driver(20, 5)
        try Self.check("too-small-20x5", driver.screen)
        driver.press(.character("q"))
        #expect(driver.effects == [.quit])
    }

    static func screen(_ scene: Scene, _ size: Size) -> String { played(scene, size).screen }

    static func played(_ scene: Scene, _ size: Size) -> Driver {
        var driver = Driver(
            size.columns, size.rows, readOnlyReason: scene == .readonly ? "not root" : nil,
            snapshots: scene == .first ? 0 : 62)
        play(scene, &driver)
        return driver
    }

    private static func play(_ scene: Scene, _ driver: inout Driver) {
        let first = SampleBox.prefix("172.31.26.175")
        switch scene {
        case .first, .overview: break
        case .rules: driver.press(.character("2"))
        case .routes: driver.press(.character("3"))
        case .nat: driver.press(.character("4"))
        case .bothBackends:
            driver.read(bothBackends)
            driver.press(.character("4"))
        case .help: driver.press(.function(1))
        case .details: driver.press(.down, .enter)
        case .assign: driver.press(.character("a"))
        case .assignTyped:
            driver.press(.character("A"))
            driver.type("10.0.3.7/24")
            driver.press(.enter)
        case .confirm:
            driver.press(.character("a"), .enter)
            driver.send(.connectionsCounted([first: LiveConnections(count: 118)], of: [first]))
        case .confirmLong:
            driver.press(.character(" "), .character(" "), .character(" "), .character("a"))
            driver.press(.enter)
            driver.send(.connectionsCounted([:], of: driver.reviewedSources))
        case .applying:
            driver.press(.character("a"), .enter, .end, .character("y"))
            driver.send(.stepsTaken(1))
            driver.press(.character("q"))
        case .done: apply(.done, &driver)
        case .rolledBack: apply(.rolledBack(failure), &driver)
        case .leftovers: apply(.leftovers(failure, [leftover]), &driver)
        case .refused:
            driver.press(.character("u"))
            driver.send(
                .undoFound(
                    .failure(
                        PlanRefusal(
                            "the history", "no change stands that could be undone",
                            fix: "natdeck history lists every change"))))
        case .readonly: driver.press(.character("a"))
        case .stale:
            var snapshot = SampleBox.snapshot(seconds: 62)
            snapshot.rules = .failed(ReadFailure("ip rule show", "No buffer space available"))
            snapshot.counters = .failed(ReadFailure("/proc/net/dev", "permission denied"))
            driver.read(snapshot)
            driver.send(.tick(atMilliseconds: driver.now + 11_000, wallClock: "12:03:15"))
        case .frozen:
            driver.press(.character("p"))
            driver.send(.tick(atMilliseconds: driver.now + 34_000, wallClock: "12:03:38"))
        case .egress: driver.press(.backTab, .down)
        case .manyInterfaces:
            driver.read(SampleBox.crowdedInterfaces(64, seconds: 1))
            driver.read(SampleBox.crowdedInterfaces(64, seconds: 2))
            driver.press(.backTab, .pageDown, .pageDown, .down)
        case .interface: driver.press(.backTab, .enter)
        case .helpInterfaces: driver.press(.backTab, .character("?"))
        case .interfaceTroubled:
            driver.read(troubled)
            driver.press(.backTab, .down, .enter, .character("b"))
        case .names:
            driver.press(.character("N"))
            driver.answerNames(["172.31.26.175": "ec2-a", "172.31.26.176": longName])
        case .filter:
            driver.press(.character("/"))
            driver.type("!main")
        case .problems:
            var snapshot = SampleBox.snapshot(seconds: 62)
            snapshot.sysctls = snapshot.sysctls.map {
                $0.merging(["net.ipv4.ip_forward": 0]) { $1 }
            }
            driver.read(snapshot)
            if driver.state.size.columns != 80 { driver.press(.character("!")) }
        case .doctor:
            driver.read(faulty)
            driver.press(.character("6"), .down)
        case .mend:
            driver.read(faulty)
            driver.press(.character("6"), .down, .enter)
        case .crowded:
            driver.read(SampleBox.crowded(60, seconds: 62))
            driver.press(.pageDown, .pageDown, .down)
        case .troubled: driver.read(troubled)
        case .drift:
            driver.read(drifted)
            driver.press(.down)
        case .palette: driver.press(.character(":"), .down)
        case .paletteTyped:
            driver.press(.character(":"))
            driver.type("th")
        case .copied: driver.press(.down, .character("Y"))
        case .assignMany: driver.press(.character(" "), .character(" "), .character("a"))
        case .markedFiltered:
            driver.press(.character(" "), .character(" "), .character("/"))
            driver.type("eth0")
            driver.press(.enter)
        case .filterRemembered:
            var settings = Settings()
            settings.filter = "eth0"
            driver.state = DashboardState(
                size: driver.state.size, settings: settings, makePlan: SamplePlan.make)
            driver.read(SampleBox.snapshot(seconds: 62))
        case .log:
            SampleLog.play(&driver)
            driver.press(.character("7"))
        case .logDetails:
            SampleLog.play(&driver)
            driver.press(.character("7"), .enter)
        case .asking:
            driver.press(.character("2"), .character("w"))
            driver.type("x")
            driver.press(.enter)
        case .decides:
            driver.press(.down, .character("w"), .enter)
            driver.send(RuleQuestionTests.answer("eth1", 20001))
        case .disagrees:
            driver.press(.down, .character("w"), .enter)
            driver.read(marking)
            driver.send(RuleQuestionTests.answer("eth0", FIBTable.main))
        case .ruleDetails: driver.press(.character("2"), .down, .enter)
        case .proof:
            driver.read(proving)
            driver.read(proving)
            driver.press(.home)
            // A wide screen asks for the flows of the host once the bar rests.
            driver.send(.tick(atMilliseconds: driver.now + 300, wallClock: "12:03:04"))
            driver.send(
                .flowsRead(
                    FlowsViewTests.sample(
                        (0..<6).map {
                            FlowsViewTests.flow($0, by: $0 == 4 ? "172.31.8.208" : "172.31.8.207")
                        }), of: [SampleBox.prefix("172.31.26.176")], atMilliseconds: driver.now))
        case .proofDetails:
            driver.read(proving)
            driver.press(.home, .enter)
        case .flows: FlowsViewTests.play(&driver)
        case .flowGroups:
            FlowsViewTests.play(&driver)
            driver.press(.character("g"))
        case .sortMenu: driver.press(.character("s"), .down)
        case .exceptions:
            driver.read(proving)
            driver.press(.character("e"))
        case .pending, .takenBack:
            var snapshot = SampleBox.snapshot(seconds: 62)
            snapshot.pending = .value(
                .waiting(
                    "172.31.26.175 will leave by eth1", by: "root (process 4711)",
                    milliseconds: 53_000))
            driver.read(snapshot)
            guard scene == .takenBack else { return }
            driver.send(
                .changesEnded([
                    PastChange(
                        id: "1", atMilliseconds: snapshot.takenAtMilliseconds,
                        title: "172.31.26.175 will leave by eth1", ending: .reverted, by: "timer",
                        author: "root from 10.0.0.9", commands: [])
                ]))
        case .marked: driver.press(.character(" "), .down, .character(" "))
        }
    }

    private static let longName = "ip-172-31-26-176.eu-central-1.compute.internal"

    /// It forwards nothing and sends redirects, and nobody has saved anything.
    private static var faulty: Snapshot {
        var snapshot = SampleBox.snapshot(seconds: 62)
        snapshot.sysctls = snapshot.sysctls.map {
            $0.merging(
                ["net.ipv4.ip_forward": 0, "net.ipv4.conf.all.send_redirects": 1]
            ) { $1 }
        }
        snapshot.environment.service = .value(.absent)
        snapshot.environment.savedParameters = .value(SavedParameters())
        snapshot.environment.conntrack = .value(ConntrackTable(count: 850, maximum: 1000))
        return snapshot
    }

    /// EC2-B leaves by eth0 for a rule that comes first, EC2-C has an old flow there, eth1 is full.
    static var proving: Snapshot {
        var snapshot = SampleBox.crowded(20, seconds: 62)
        let first = RoutingPolicyRule(
            priority: 100, source: SampleBox.prefix("172.31.26.176"),
            action: .lookup(table: FIBTable.main))
        snapshot.rules = snapshot.rules.map { [$0[0], first] + $0.dropFirst() }
        snapshot.flows = .value(
            SampleBox.flows([
                "172.31.26.175": [("172.31.8.207", 118)],
                "172.31.26.176": [("172.31.8.207", 5), ("172.31.8.208", 1)],
                "172.31.26.180": [("172.31.8.208", 980), ("172.31.8.207", 1)],
                "172.31.40.2": [("172.31.8.207", 3)],
            ]))
        snapshot.interfaces = snapshot.interfaces.map { interfaces in
            interfaces.map { interface in
                var slow = interface
                if interface.name == "eth1" { slow.speedBitsPerSecond = 1_250_000 }
                return slow
            }
        }
        return snapshot
    }

    /// A rule for marked packets comes first.
    private static var marking: Snapshot {
        var snapshot = SampleBox.snapshot(seconds: 62)
        let marked = RoutingPolicyRule(
            priority: 100, action: .lookup(table: FIBTable.main), mark: PacketMark(1, mask: 0xff))
        snapshot.forward = .value([SampleBox.marking])
        snapshot.rules = snapshot.rules.map { [$0[0], marked] + $0.dropFirst() }
        return snapshot
    }

    /// EC2-B is to leave by eth0, a network has lost its rule, and EC2-A was never kept.
    private static var drifted: Snapshot {
        var snapshot = SampleBox.snapshot(seconds: 62)
        snapshot.saved = .value([
            SavedAssignment(source: SampleBox.prefix("172.31.26.176"), egress: "eth0"),
            SavedAssignment(source: SampleBox.prefix("172.31.26.180"), egress: "eth1"),
            SavedAssignment(source: SampleBox.prefix("172.31.27.0/24"), egress: "eth1"),
        ])
        return snapshot
    }

    /// eth1 is down and has two addresses more, the cloud is silent, one table leads nowhere.
    private static var troubled: Snapshot {
        var snapshot = SampleBox.snapshot(seconds: 62)
        snapshot.interfaces = snapshot.interfaces.map { interfaces in
            interfaces.map { interface in
                var changed = interface
                guard interface.name == "eth1" else { return interface }
                changed.state = .down
                for text in ["172.31.8.209", "172.31.8.210"] {
                    let own = SampleBox.address(text)
                    changed.addresses.append(InterfaceAddress(own, prefixLength: 16))
                }
                return changed
            }
        }
        snapshot.cloud = snapshot.cloud.map { $0.filter { $0.mac.hasSuffix("07") } }
        snapshot.tables = snapshot.tables.map { tables in
            tables.map { table in
                var changed = table
                if table.id == 20001 { changed.routes.removeFirst() }
                return changed
            }
        }
        var set = SampleBox.natRules(seconds: 62)
        set.chains[3].rules.removeLast()
        snapshot.nat = .value([set])
        return snapshot
    }

    private static func apply(_ outcome: Outcome, _ driver: inout Driver) {
        driver.press(.character("a"), .enter, .end, .character("y"))
        driver.send(.applied(outcome, atMilliseconds: driver.now))
    }

    private static let failure = Outcome.Failure(
        "ip rule add from 172.31.26.175 lookup 20001 priority 5000 protocol 201",
        "RTNETLINK answers: Operation not permitted")

    private static let leftover = Outcome.Leftover(
        summary: "packets of 172.31.26.175 look their route up in table 20001",
        command: "ip rule del from 172.31.26.175 lookup 20001 priority 5000 protocol 201",
        reason: "ip is gone")

    private static var bothBackends: Snapshot {
        var snapshot = SampleBox.snapshot(seconds: 62)
        let legacy = NATRuleSet(
            backend: .legacy, program: "iptables-legacy",
            chains: [
                NATChain(
                    name: "POSTROUTING", policy: "ACCEPT", packets: 7, bytes: 420,
                    rules: [
                        NATRule(
                            packets: 3, bytes: 180, target: "SNAT", proto: "tcp", output: "eth1",
                            source: "!10.0.0.0/8", extra: "/* by hand */ to:172.31.8.208")
                    ]),
                NATChain(name: "DOCKER", references: 2),
            ])
        snapshot.nat = .value((snapshot.nat.value ?? []) + [legacy])
        return snapshot
    }

    static func check(_ name: String, _ screen: String) throws {
        let folder = URL(filePath: #filePath).deletingLastPathComponent()
        let file = folder.appending(path: "Goldens/\(name).txt")
        if ProcessInfo.processInfo.environment["NATDECK_UPDATE_GOLDENS"] == "1" {
            try screen.write(to: file, atomically: true, encoding: .utf8)
        }
        let golden = try String(contentsOf: file, encoding: .utf8)
        #expect(screen == golden, "\(name) looks different:\n\(screen)")
    }
}
