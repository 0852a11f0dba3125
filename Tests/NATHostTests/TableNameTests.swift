import NATModel
import NATTesting
import Testing

/// The names that operators give their tables.
@Suite struct TableNameTests {
    @Test func `names of rt_tables and its drop-ins stand beside the numbers`() async throws {
        var box = FakeBox.scenario
        box.files["/etc/iproute2/rt_tables"] =
            "# reserved\n255 local\n254 main\n106 provider2\n0x6b  hex # note\nnonsense\n"
        box.files["/etc/iproute2/rt_tables.d/vpn.conf"] = "200 vpn\n106 other\n"
        box.files["/etc/iproute2/rt_tables.d/vpn.bak"] = "201 gone\n"
        let snapshot = await FakeHost(box).snapshot()
        let names = try #require(snapshot.environment.tableNames.value)
        #expect(names[106] == "other" && names[107] == "hex" && names[200] == "vpn")
        #expect(names[201] == nil && names[254] == nil)
        let rule = RoutingPolicyRule(priority: 100, action: .lookup(table: 200))
        #expect(rule.words(naming: names) == "from all lookup 200 (vpn)")
        #expect(rule.words == "from all lookup 200")
    }
}
