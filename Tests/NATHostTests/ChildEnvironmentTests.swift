import Testing

@testable import NATHost

@Suite struct ChildEnvironmentTests {
    private static let inherited = [
        "PATH": "/tmp/evil:relative:/usr/bin", "LD_PRELOAD": "/tmp/evil.so", "LC_ALL": "de_DE",
        "IPTABLES_LIB_DIR": "/tmp/evil", "XTABLES_LIBDIR": "/tmp/evil", "HOME": "/home/ann",
        "AWS_PROFILE": "nat", "AWS_CONFIG_FILE": "/tmp/evil", "https_proxy": "http://proxy:3128",
    ]

    @Test func `as root nothing inherited decides what is run`() {
        let environment = ChildEnvironment(
            isRoot: true, home: "/root", inherited: Self.inherited)
        #expect(environment.folders.allSatisfy { !$0.hasPrefix("/tmp") })
        #expect(
            environment.plain == [
                "LC_ALL": "C", "HOME": "/root",
                "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            ])
        let isPlain = ["ip", "iptables", "systemd-run", "aws", "curl"].map(environment.isPlain)
        #expect(isPlain == [true, true, true, false, false])
    }

    @Test func `who asks the cloud is told as whom and by which proxy, and no file to believe`() {
        let environment = ChildEnvironment(
            isRoot: true, home: "/root", inherited: Self.inherited)
        var wanted = environment.plain
        wanted["AWS_PROFILE"] = "nat"
        wanted["https_proxy"] = "http://proxy:3128"
        // Nobody is there to turn pages or to be asked.
        wanted["AWS_PAGER"] = ""
        wanted["AWS_CLI_AUTO_PROMPT"] = "off"
        #expect(environment.cloud == wanted)
    }

    @Test func `others than root have their own, in the C locale`() {
        let environment = ChildEnvironment(
            isRoot: false, home: "/root", inherited: Self.inherited)
        #expect(environment.folders.prefix(3) == ["/tmp/evil", "/usr/bin", "/usr/local/sbin"])
        var wanted = Self.inherited
        wanted["LC_ALL"] = "C"
        #expect(environment.plain == wanted)
        wanted["AWS_PAGER"] = ""
        wanted["AWS_CLI_AUTO_PROMPT"] = "off"
        #expect(environment.cloud == wanted)
    }
}
