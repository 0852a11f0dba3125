import NATModel
import NATParse
import Testing

@Suite struct ConfigurationTests {
    private func saved(_ text: String) -> SavedParameters {
        SavedParameters(entries: SysctlConfiguration.entries(of: text, path: "f"))
    }

    @Test func `reads assignments and passes over the rest`() {
        let saved = saved(
            """
            # net.ipv4.ip_forward = 0
            ; net.ipv4.ip_forward = 0
              net.ipv4.ip_forward=1
            -net/ipv4/conf/eth0.100/rp_filter = 2
            nonsense
            """)
        #expect(saved.value(of: "net.ipv4.ip_forward") == 1)
        #expect(saved.value(of: "net.ipv4.conf.eth0.100.rp_filter") == 2)
        #expect(saved.entries.count == 2)
    }

    @Test func `a full name wins over patterns, the last over the first`() {
        let saved = saved(
            """
            net.ipv4.conf.eth1.rp_filter = 0
            net.ipv4.conf.eth1.rp_filter = 1
            net.ipv4.conf.*.rp_filter = 2
            -net.ipv4.conf.all.rp_filter
            """)
        #expect(saved.value(of: "net.ipv4.conf.eth1.rp_filter") == 1)
        #expect(saved.value(of: "net.ipv4.conf.eth0.rp_filter") == 2)
        #expect(saved.value(of: "net.ipv4.conf.all.rp_filter") == nil)
        #expect(saved.value(of: "net.ipv4.conf.eth0.send_redirects") == nil)
    }

    @Test(
        arguments: [
            ("[Network]\nManageForeignRoutingPolicyRules=no\n", false),
            ("[Network]\r\nManageForeignRoutingPolicyRules = off\r\n", false),
            ("[Network]\n#ManageForeignRoutingPolicyRules=no\n", nil),
            ("[DHCPv4]\nManageForeignRoutingPolicyRules=no\n", nil),
            (
                "[Network]\nManageForeignRoutingPolicyRules=no\nManageForeignRoutingPolicyRules=yes\n",
                true
            ),
            ("", nil),
        ] as [(String, Bool?)])
    func `reads networkd's setting`(text: String, value: Bool?) {
        #expect(NetworkdConfiguration(text).managesForeignRules == value)
        let routes = text.replacing("ManageForeignRoutingPolicyRules", with: "ManageForeignRoutes")
        #expect(NetworkdConfiguration(routes).managesForeignRoutes == value)
        #expect(NetworkdConfiguration(routes).managesForeignRules == nil)
    }
}
