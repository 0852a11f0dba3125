import NATModel
import NATPlan
import NATTesting
import Testing

/// natdeck steers IPv4 alone.
@Suite struct IPv6WarningTests {
    private static let words = "what hosts send by IPv6 leaves past every rule of natdeck"

    @Test(arguments: [(1, true), (0, true), (1, false)])
    func `a plan says that hosts leave by IPv6 too, where they do`(
        forwarding: Int, hasRoute: Bool
    ) async throws {
        let host = FakeHost(
            FakeBox.scenario.with { box in
                box.sysctls["net.ipv6.conf.all.forwarding"] = forwarding
                let any = String(repeating: "0", count: 32)
                let route =
                    "\(any) 00 \(any) 00 fe80\(any.dropFirst(4)) 00000400 00000001 00000000"
                    + " 00000003 eth0\n"
                box.files["/proc/net/ipv6_route"] = hasRoute ? route : ""
            })
        let leaves = forwarding == 1 && hasRoute
        let plan = try await host.plan(assign("172.31.26.176", to: "eth1"))
        #expect(plan.warnings.contains(Self.words) == leaves, "\(plan.warnings)")
    }
}
