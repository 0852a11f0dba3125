import NATHost
import NATModel
import NATPlan
import NATTesting
import Testing

private let host = FakeBox.source("172.31.26.176")
private let lease = KernelEvent.addressRemoved(
    index: 3, by: KernelAuthor(port: 812, process: 812, name: "dhclient"))

@Suite struct DriftTests {
    private func culprit(
        _ events: [(KernelEvent, Int)], _ processes: [SeenProcess] = []
    ) -> Culprit {
        Culprit(
            events: events.map { (event: $0.0, agoMilliseconds: $0.1) }, processes: processes,
            interfaces: FakeBox.scenario.interfaces)
    }

    private let route = Loss.route(table: 20001, interface: "eth1")

    @Test func `blames the link that took the routes along`() {
        let flap = culprit(
            [(.link(index: 3, isUp: false), 900), (.link(index: 3, isUp: true), 100)],
            [SeenProcess(name: "ip", ageMilliseconds: 20)])
        #expect(flap.name(of: [route]) == "eth1, which went down and came up again")
        #expect(culprit([(.link(index: 3, isUp: false), 9000)]).name(of: [route]) == nil)
        #expect(
            culprit([(.linkRemoved(index: 9), 10)]).name(of: [route])
                == "interface 9, which went down")
    }

    @Test func `blames the lease, then the program, then nobody`() {
        #expect(
            culprit([(lease, 10)]).name(of: [route])
                == "the addresses of eth1 were changed by dhclient (process 812)")
        let kernel = KernelAuthor(port: 0)
        #expect(
            culprit([(.addressRemoved(index: 3, by: kernel), 10)]).name(of: [route])
                == "a new lease: the addresses of eth1 changed")
        let programs = [
            SeenProcess(name: "ip", ageMilliseconds: 20),
            SeenProcess(name: "dhclient", ageMilliseconds: 1450),
            SeenProcess(name: "bash", ageMilliseconds: 1),
        ]
        #expect(
            culprit([(lease, 10)], programs).name(of: [.rule(host)])
                == "dhclient, which had started 1.4 s before")
        #expect(culprit([], [programs[2]]).name(of: [.rule(host)]) == nil)
    }

    @Test func `whom the kernel names is certain, and natdeck itself is nobody`() {
        let rule = RoutingPolicyRule(
            priority: 5000, source: host, action: .lookup(table: 20001), protocolNumber: 201)
        let ip = KernelAuthor(port: 8109, process: 8109, name: "ip", parent: "dhclient")
        let own = KernelAuthor(port: 7, process: 7, name: "natdeck", isOwn: true)
        let seen = culprit(
            [(.ruleRemoved(rule, by: ip), 900), (.ruleRemoved(rule, by: own), 100)],
            [SeenProcess(name: "nft", ageMilliseconds: 20)])
        let report = DriftReport(
            losses: [.rule(host)], seen, result: .restored(milliseconds: 9))
        #expect(
            report.description
                == "the rule of 172.31.26.176 was lost, by ip (process 8109), started by dhclient:"
                + " restored in 9 ms")
        // Of another loss it says nothing.
        let other = DriftReport(losses: [route], seen, result: .restored(milliseconds: 9))
        #expect(other.description.contains("lost, likely by nft"))
        let reload = culprit([
            (.nftablesChanged(by: KernelAuthor(port: 0, process: 12, name: "firewalld")), 50)
        ])
        #expect(reload.author(of: [.masquerade(host, interface: "eth1")])?.name == "firewalld")
        #expect(reload.author(of: [.rule(host)]) == nil)
    }

    @Test func `a report names what was lost, by whom, and what became of it`() {
        var report = DriftReport(
            losses: [.rule(host), .landing], culprit: nil,
            result: .restored(milliseconds: 312))
        #expect(
            report.description
                == "the rule of 172.31.26.176, a rule by which something passes by those for"
                + " sources were lost, by whom is unknown: restored in 312 ms")
        report.losses = [.masquerade(host, interface: "eth1")]
        report.culprit = "nft, which had started 0.1 s before"
        report.result = .notRestored("exit status 4")
        #expect(
            report.description
                == "the NAT of 172.31.26.176 on eth1 was lost, likely by nft, which had started"
                + " 0.1 s before: not restored: exit status 4")
    }

    @Test func `knows what was lost from what a plan puts back`() async throws {
        let made = try await FakeBox.scenario.withoutNAT.after(assign("\(host)", to: "eth1"))
        var bare = FakeBox.scenario.withoutNAT.withoutMarks
        bare.interfaces = made.interfaces
        let losses = try await FakeHost(bare).plan(assign("\(host)", to: "eth1")).losses
        #expect(
            losses == [
                .masquerade(host, interface: "eth1"), .backstop(table: 20001),
                .internals(table: 20001), route, .rule(host),
            ])
        let parameters = try await FakeHost(.bare).plan(setup).losses
        #expect(parameters.contains(.parameter("net.ipv4.ip_forward")))
    }

    @Test func `puts back at once at first, then ever later, and forgives`() {
        var backoff = DriftBackoff()
        var now = 0
        var attempts: [Int] = []
        // Deleted again as soon as it is back, for five minutes.
        while now < 300_000 {
            if backoff.wait(for: .rule(host), at: now) == 0 {
                backoff.attempted([.rule(host)], at: now)
                attempts.append(now)
            }
            now += 500
        }
        #expect(attempts.prefix(4) == [0, 500, 1000, 1500])
        let gaps = zip(attempts.dropFirst(4), attempts.dropFirst(3)).map(-)
        #expect(gaps.prefix(6) == [2000, 4000, 8000, 16_000, 32_000, 64_000])
        #expect(gaps.dropFirst(6).allSatisfy { $0 == 64_000 })
        // Another loss is none of this.
        #expect(backoff.wait(for: .landing, at: now) == 0)
        now += 64_000 + 20_001
        backoff.attempted([.rule(host)], at: now)
        #expect(backoff.wait(for: .rule(host), at: now) == 0)
        #expect(backoff.times(.rule(host)) == 1)
    }

    @Test func `what closes hosts waits for nothing`() {
        var backoff = DriftBackoff()
        let closing: [Loss] = [.gate, .shape, .mark(table: 20001), .closing(host)]
        for _ in 0..<9 { backoff.attempted(closing, at: 0) }
        #expect(closing.allSatisfy { backoff.wait(for: $0, at: 1) == 0 })
        #expect(backoff.newlyWaiting(closing, at: 1) == [])
    }

    @Test func `tells of a wait once`() {
        var backoff = DriftBackoff()
        for _ in 0..<4 { backoff.attempted([.landing], at: 0) }
        #expect(backoff.newlyWaiting([.landing, .rule(host)], at: 1) == [.landing])
        #expect(backoff.newlyWaiting([.landing], at: 2) == [])
        backoff.attempted([.landing], at: 2000)
        #expect(backoff.newlyWaiting([.landing], at: 2001) == [.landing])
    }
}

@Suite struct GuardPlansTests {
    private func box(_ saved: String, _ box: FakeBox = .scenario) async throws -> FakeHost {
        let host = FakeHost(box)
        try host.write(saved, to: SavedAssignment.path)
        return host
    }

    private func mend(_ host: FakeHost, postponing losses: [Loss] = []) async throws {
        for _ in 0..<2 {
            let wanted = GuardPlans(
                on: await host.snapshot(), lastGateways: [:], postponing: losses)
            for plan in wanted.plans {
                try await carryOut(try await host.plan(plan.intent), on: host)
            }
        }
    }

    @Test func `does what can be done and tells the rest`() async throws {
        let host = try await box(
            """
            172.31.26.175 eth9
            172.31.26.176 eth1
            172.31.8.207 eth1
            172.31.27.0/24 eth0

            """)
        let wanted = GuardPlans(on: await host.snapshot(), lastGateways: [:])
        #expect(wanted.refusals.map(\.object) == ["172.31.8.207", "eth9"])
        try await mend(host)
        let facts = BoxFacts(await host.snapshot())
        #expect(
            Set(facts.assignments.filter(\.isOwned).map(\.source.description))
                == ["172.31.26.175", "172.31.26.176", "172.31.27.0/24"])
        // What is to leave by an interface that is not there is blocked, and leaks by no other.
        #expect(facts.decision(for: FakeBox.source("172.31.26.175")).end == .nowhere)
        #expect(facts.decision(for: FakeBox.source("172.31.26.176")).interface == "eth1")
    }

    @Test func `brings back all of setup and the file, whatever was flushed`() async throws {
        let made = try await FakeBox.bare.after(setup, assign("172.31.26.176", to: "eth1"))
        for harm: (inout FakeBox) -> Void in [
            { $0.nat = [.nfTables: FakeBox.emptyChains] }, { $0.flap("eth1") },
            { $0.tables[20002] = nil }, { $0.rules.removeAll(where: \.isOwned) },
            { $0.sysctls["net.ipv4.ip_forward"] = 0 },
            {
                $0.flap("eth1")
                $0.nat = [.nfTables: FakeBox.emptyChains]
                $0.rules.removeAll(where: \.isOwned)
                $0.sysctls["net.ipv4.ip_forward"] = 0
            },
        ] {
            let host = try await box("172.31.26.176 eth1\n", made.with(harm))
            try await mend(host)
            #expect(host.box.rules == made.rules)
            #expect(host.box.nat == made.nat)
            #expect(host.box.sysctls == made.sysctls)
            #expect(host.box.tables[20002].map(Set.init) == made.tables[20002].map(Set.init))
            #expect(Set(host.box.tables.keys) == Set(made.tables.keys))
            #expect(host.box.files == made.files)
        }
    }

    @Test func `removes nothing, of ours or of others`() async throws {
        let made = try await FakeBox.byHand.after(assign("172.31.26.175", to: "eth1"))
        let host = try await box("172.31.26.176 eth0\n", made)
        try await mend(host)
        for rule in made.rules { #expect(host.box.rules.contains(rule), "\(rule.words)") }
    }

    @Test func `leaves out what has to wait, and no more`() async throws {
        let host = try await box("172.31.26.175 eth0\n172.31.26.176 eth1\n")
        try await mend(host, postponing: [.rule(FakeBox.source("172.31.26.176"))])
        #expect(
            BoxFacts(await host.snapshot()).assignments.filter(\.isOwned).map(\.source.description)
                == [
                    "172.31.26.175"
                ])
        try await mend(host)
        #expect(BoxFacts(await host.snapshot()).drift == [])
    }
}
