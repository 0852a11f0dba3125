import Glibc
import NATHost
import NATModel
import NATTesting
import Testing

/// The double changes as the kernel does, and fails as a test tells it.
@Suite struct FakeRoutingTests {
    private static let changes = (1...3).map {
        RoutingChange.addRule(
            RoutingPolicyRule(
                priority: 5000, source: IPv4Prefix("10.0.0.\($0)"), action: .lookup(table: 20001),
                protocolNumber: 201))
    }

    @Test func `a change is logged as a person would type it`() async {
        let fake = FakeHost(.scenario)
        #expect(await fake.change(Self.changes, tolerating: []) == .init(done: 3))
        #expect(
            fake.log.first
                == "ip rule add priority 5000 from 10.0.0.1 lookup 20001 protocol 201")
        #expect(fake.box.rules.filter(\.isOwned).count == 3)
        #expect(
            await fake.change(Self.changes, tolerating: []).failure
                == .init(number: EEXIST, reason: "File exists"))
        #expect(await fake.change(Self.changes, tolerating: [EEXIST]) == .init(done: 3))
        #expect(await fake.change(Self.changes.map(\.inverse), tolerating: []) == .init(done: 3))
        #expect(fake.box == .scenario)
    }

    @Test(arguments: [
        (FakeHost.Fault.refused, false, 1), (.hungBefore, true, 1), (.hungAfter, true, 2),
        (.diedAfter, true, 2),
    ])
    func `a change that goes wrong`(
        fault: FakeHost.Fault, isUncertain: Bool, rules: Int
    ) async {
        let fake = FakeHost(.scenario)
        fake.fail(at: 1, fault)
        let report = await fake.change(Self.changes, tolerating: [])
        #expect(report.done == 1)
        #expect(report.failure?.isUncertain == isUncertain)
        #expect(fake.box.rules.filter(\.isOwned).count == rules)
    }
}
