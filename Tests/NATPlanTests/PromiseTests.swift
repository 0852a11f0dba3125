import NATModel
import NATPlan
import NATTesting
import Testing

/// What a plan says of the outcome.
@Suite struct PromiseTests {
    @Test func `says of a host in an assigned network which rule it leaves by`() async throws {
        let box = try await FakeBox.scenario.after(assign("172.31.26.128/25", to: "eth1"))
        let plan = try await FakeHost(box).plan(release("172.31.26.176"))
        #expect(plan.isEmpty)
        #expect(
            plan.title == "172.31.26.176 has no rule of its own; rule 5070 for 172.31.26.128/25"
                + " sends it to eth1")
        #expect(
            try await FakeHost(box).plan(release("172.31.26.1")).title
                == "172.31.26.1 is not assigned")
    }

    @Test func `promises the public address of what really translates`() async throws {
        let secondary = FakeBox.scenario.with {
            $0.interfaces[2].addresses += FakeBox.addresses("172.31.8.209/16")
            $0.cloud?[1].publicAddresses = [
                ("203.0.113.200", "172.31.8.209"), ("203.0.113.195", "172.31.8.208"),
            ].compactMap { outside, own in
                IPv4Address(outside).map {
                    PublicAddress($0, privateAddress: IPv4Address(own), source: .metadata)
                }
            }
        }
        func title(_ box: FakeBox) async throws -> String {
            try await FakeHost(box).plan(assign("172.31.26.176", to: "eth1")).title
        }
        #expect(try await title(secondary).hasSuffix("be seen as 203.0.113.195"))
        func snat(_ extra: String) -> FakeBox {
            secondary.with {
                $0.nat[.nfTables]?[3].rules.insert(
                    NATRule(target: "SNAT", output: "eth1", extra: extra), at: 0)
            }
        }
        #expect(try await title(snat("to:172.31.8.209")).hasSuffix("be seen as 203.0.113.200"))
        #expect(try await title(snat("to:172.31.8.222")).hasSuffix("will leave by eth1"))
    }

    @Test func `a cloud that has fallen silent does not change what a plan promises`() async throws
    {
        let before = try await FakeHost(.scenario).plan(assign("172.31.26.176", to: "eth1"))
        let silent = FakeBox.scenario.with { $0.cloud = nil }
        let after = try await FakeHost(silent).plan(assign("172.31.26.176", to: "eth1"))
        #expect(before.title != after.title)
        #expect(after.keepsPromise(of: before))
        #expect(before.keepsPromise(of: after))
    }

    @Test func `an exemption of one host leaves the others to be verified`() async throws {
        let box = FakeBox.scenario.with {
            $0.nat[.nfTables]?[3].rules.insert(
                NATRule(target: "ACCEPT", source: "172.31.26.175"), at: 0)
        }
        let plan = try await FakeHost(box).plan(
            assign("172.31.26.175", "172.31.26.176", to: "eth1"))
        #expect(
            plan.verifications == [
                .leaves(FakeBox.source("172.31.26.175"), by: "eth1"),
                .leaves(FakeBox.source("172.31.26.176"), by: "eth1"),
                .isMasqueraded(FakeBox.source("172.31.26.176"), by: "eth1"),
            ])
    }
}
