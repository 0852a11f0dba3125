import NATHost
import NATModel
import NATPlan
import NATTesting
import Testing

@Suite struct FollowedNameTests {
    private let now: Int64 = 1_800_000_000
    private let name = SourceName.tag(key: "Name", value: "batch")
    private let limits = FollowingLimits(mostHosts: 3, networks: [FakeBox.source("172.31.0.0/16")])

    private func address(_ text: String) -> IPv4Address { FakeBox.source(text).network }

    private func told(
        _ last: UInt32..., isStopped: Bool = false
    ) -> NameAnswer {
        .hosts(
            last.map {
                NameAnswer.Host(
                    IPv4Address(rawValue: 0xac1f_1a00 + $0), instance: "i-\($0)",
                    isStopped: isStopped)
            })
    }

    private func lasts(_ hosts: [FollowedName.Host]) -> [UInt32] {
        hosts.map { $0.address.rawValue & 0xff }
    }

    @Test func `what a name does not stand for any more is former until it does again`() {
        var known = FollowedName(name).told(told(176, 175), at: now, within: limits)
        #expect(lasts(known.hosts) == [175, 176] && known.former.isEmpty)
        known = known.told(told(177, 175), at: now + 30, within: limits)
        #expect(lasts(known.hosts) == [175, 177] && lasts(known.former) == [176])
        #expect(known.answeredAtSeconds == now + 30)
        known = known.told(told(176), at: now + 60, within: limits)
        #expect(lasts(known.hosts) == [176] && lasts(known.former) == [175, 177])
    }

    @Test func `an answer that cannot be meant changes nothing and is told`() {
        let known = FollowedName(name).told(told(175, 176), at: now, within: limits)
        for (answer, trouble) in [
            (NameAnswer.failed("aws: no answer in 60 s"), "aws: no answer in 60 s"),
            (.hosts([]), "it matches nothing"),
            (told(1, 2, 3, 4), "it matches 4 hosts, and no more than 3 are followed (--at-most)"),
            (
                .hosts([NameAnswer.Host(address("10.0.0.1"), instance: "i-9")]),
                "10.0.0.1 of i-9 is outside of 172.31.0.0/16"
            ),
        ] {
            let after = known.told(answer, at: now + 30, within: limits)
            #expect(after.trouble == trouble)
            #expect(after.hosts == known.hosts && after.former.isEmpty)
            #expect(after.answeredAtSeconds == now)
            #expect(after.told(told(175, 176), at: now, within: limits) == known)
        }
    }

    @Test func `an instance that stops keeps its way for a day`() {
        let known = FollowedName(name).told(told(176), at: now, within: limits)
        let stopped = known.told(told(176, isStopped: true), at: now + 60, within: limits)
        #expect(stopped.hosts.map(\.stoppedAtSeconds) == [now + 60])
        let later = stopped.told(told(176, isStopped: true), at: now + 86_000, within: limits)
        #expect(later.hosts.map(\.stoppedAtSeconds) == [now + 60])
        #expect(lasts(later.told(told(176), at: now + 86_100, within: limits).hosts) == [176])
        let gone = later.told(told(176, isStopped: true), at: now + 86_500, within: limits)
        #expect(gone.hosts.isEmpty && lasts(gone.former) == [176] && gone.trouble == nil)
    }

    @Test func `of two instances with one address the one that runs counts`() {
        let both = NameAnswer.hosts([
            NameAnswer.Host(address("172.31.26.176"), instance: "i-1", isStopped: true),
            NameAnswer.Host(address("172.31.26.176"), instance: "i-2"),
        ])
        let known = FollowedName(name).told(both, at: now, within: limits)
        #expect(known.hosts.map(\.instance) == ["i-2"])
    }

    /// The scenario with the name kept for eth1 and known to be this host, after the guard.
    private func box(_ hosts: UInt32..., former: UInt32...) async throws -> FakeHost {
        let host = FakeHost(
            try await FakeBox.scenario.after(
                .assign(
                    [FakeBox.source("172.31.26.176")], egress: "eth1", options: AssignOptions())))
        try host.write("ec2:tag:Name=batch eth1\n", to: SavedAssignment.path)
        func list(_ lasts: [UInt32]) -> String {
            lasts.map {
                "{\"address\":\"172.31.26.\($0)\",\"instance\":\"i-\($0)\",\"label\":\"batch\"}"
            }.joined(separator: ",")
        }
        try host.write(
            "[{\"name\":\"ec2:tag:Name=batch\",\"hosts\":[\(list(hosts))],"
                + "\"former\":[\(list(former))],\"answeredAtSeconds\":\(now)}]",
            to: FollowedName.path)
        return host
    }

    @Test
    func `the guard makes the new host's rule first, takes the old one's, and ends its flows`()
        async throws
    {
        let host = try await box(177, former: 176)
        let snapshot = await host.snapshot()
        #expect(snapshot.formerSources == [FakeBox.source("172.31.26.176")])
        let plans = GuardPlans(on: snapshot, lastGateways: [:])
        #expect(plans.refusals.isEmpty)
        // The first closes alone; the last is the whole.
        let words = plans.plans.last?.steps.map(\.action.description) ?? []
        let added = words.firstIndex {
            $0.hasPrefix("ip rule add ") && $0.contains(" from 172.31.26.177 ")
        }
        let deleted = words.firstIndex {
            $0.hasPrefix("ip rule del ") && $0.contains(" from 172.31.26.176 ")
        }
        let ended = words.firstIndex { $0.hasPrefix("conntrack -D -s 172.31.26.176 ") }
        let order = [added, deleted, ended].compactMap(\.self)
        #expect(order.count == 3 && order == order.sorted(), "\(words)")
        while let plan = GuardPlans(on: await host.snapshot(), lastGateways: [:]).plans.first {
            try await carryOut(plan, on: host)
        }
        let sources = await host.snapshot().steerings.filter(\.isOwned).map(\.source)
        #expect(sources == [FakeBox.source("172.31.26.177")])
    }

    @Test func `the history says which instance`() async throws {
        let host = try await box(177, former: 176)
        let snapshot = await host.snapshot()
        let names = try #require(snapshot.names.value)
        let plans = GuardPlans(on: snapshot, lastGateways: [:]).plans
        #expect(
            plans.compactMap { $0.following(names, beyond: []) }.first
                == "ec2:tag:Name=batch is 172.31.26.177 (i-177 batch) now")
        #expect(
            plans.last?.following(names, beyond: [])?.contains(
                "no more 172.31.26.176 (i-176 batch)") == true)
    }

    @Test func `as long as a name was never told nothing is released`() async throws {
        let host = try await box(176)
        try host.write("ec2:tag:Name=other eth1\n", to: SavedAssignment.path)
        var snapshot = await host.snapshot()
        #expect(!snapshot.knowsNames)
        let saved = try #require(snapshot.saved.value ?? nil)
        #expect(saved.isEmpty)
        #expect(try await host.plan(.arrange(saved, on: snapshot)).isEmpty)
        // A file without it: the rule that natdeck made is nobody's.
        try host.write("\n", to: SavedAssignment.path)
        snapshot = await host.snapshot()
        #expect(!(try await host.plan(.arrange([], on: snapshot)).isEmpty))
    }

    @Test func `what cannot be understood of names is no answer that they stand for nobody`()
        async throws
    {
        let host = try await box(176)
        try host.write("[{]", to: FollowedName.path)
        let snapshot = await host.snapshot()
        #expect(snapshot.saved.failure?.object == FollowedName.path)
        #expect(!snapshot.knowsNames)
    }
}
