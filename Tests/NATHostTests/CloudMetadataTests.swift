import NATHost
import NATModel
import NATTesting
import NIOHTTP1
import Testing

@Suite struct CloudMetadataTests {
    private static let azure = [
        // As Microsoft's documentation has it, with a second interface.
        "/metadata/instance/network?api-version=2021-02-01": """
        {"interface":[{"ipv4":{"ipAddress":[{"privateIpAddress":"10.144.133.132",
        "publicIpAddress":"203.0.113.7"}],"subnet":[{"address":"10.144.133.128","prefix":"26"}]},
        "ipv6":{"ipAddress":[]},"macAddress":"000D3AF806EC"},
        {"ipv4":{"ipAddress":[{"privateIpAddress":"10.144.134.5","publicIpAddress":""}],
        "subnet":[{"address":"10.144.134.0","prefix":"24"}]},"ipv6":{"ipAddress":[]},
        "macAddress":"000D3AF806ED"}]}
        """,
        "/metadata/loadbalancer?api-version=2020-10-01": """
        {"loadbalancer":{"publicIpAddresses":[{"frontendIpAddress":"203.0.113.9",
        "privateIpAddress":"10.144.134.5"}],"inboundRules":[],"outboundRules":[]}}
        """,
    ]
    private static let google = [
        "/computeMetadata/v1/instance/network-interfaces/?recursive=true": """
        [{"accessConfigs":[{"externalIp":"203.0.113.20","type":"ONE_TO_ONE_NAT"}],
        "dnsServers":["169.254.169.254"],"forwardedIps":[],"gateway":"10.128.0.1",
        "ip":"10.128.0.2","ipAliases":[],"mac":"42:01:0A:80:00:02","mtu":1460,
        "network":"projects/1/networks/default","subnetmask":"255.255.240.0",
        "targetInstanceIps":[]},
        {"accessConfigs":[{"externalIp":"","type":"ONE_TO_ONE_NAT"}],"gateway":"10.129.0.1",
        "ip":"10.129.0.2","mac":"42:01:0a:81:00:02","subnetmask":"255.255.255.255"}]
        """
    ]
    private static let azureMacs = ["00:0d:3a:f8:06:ec", "00:0d:3a:f8:06:ed"]
    private static let googleMacs = ["42:01:0a:80:00:02", "42:01:0a:81:00:02"]

    private func ask(
        _ server: MetadataServer, in cloud: Cloud?, macs: [String],
        budget: Duration = .seconds(10)
    ) async throws -> Reading<[CloudInterface]> {
        try await server.serving { port in
            let metadata = CloudMetadata(
                files: FakeHost(in: cloud), address: "127.0.0.1", port: port, budget: budget)
            do throws(ReadFailure) {
                return .value(try await metadata.interfaces(macs: macs))
            } catch {
                return .failed(error)
            }
        }
    }

    @Test func `Azure tells addresses of the basic kind, and its load balancer the standard ones`()
        async throws
    {
        let server = MetadataServer(.azure, facts: Self.azure)
        let found = try #require(
            try await ask(server, in: .azure, macs: Self.azureMacs + ["02:00:00:00:00:01"]).value)
        #expect(found.map(\.mac) == Self.azureMacs)
        #expect(found.map { $0.subnet?.description } == ["10.144.133.128/26", "10.144.134.0/24"])
        #expect(
            found.map(\.publicAddresses) == [
                [
                    PublicAddress(
                        IPv4Address(rawValue: 0xcb00_7107),
                        privateAddress: IPv4Address("10.144.133.132"), source: .azure)
                ],
                [
                    PublicAddress(
                        IPv4Address(rawValue: 0xcb00_7109),
                        privateAddress: IPv4Address("10.144.134.5"), source: .azureLoadBalancer)
                ],
            ])
    }

    @Test func `a machine of Azure without a load balancer has what its interfaces say`()
        async throws
    {
        let facts = Self.azure.filter { $0.key.contains("instance") }
        let found = try await ask(
            MetadataServer(.azure, facts: facts), in: .azure, macs: Self.azureMacs)
        #expect(found.value?.map(\.publicAddresses.count) == [1, 0])
    }

    @Test func `Google tells external addresses, whatever the mask`() async throws {
        let server = MetadataServer(.google, facts: Self.google)
        let found = try #require(
            try await ask(server, in: .google, macs: Self.googleMacs).value)
        #expect(found.map(\.mac) == Self.googleMacs)
        #expect(found.map { $0.subnet?.description } == ["10.128.0.0/20", "10.129.0.2"])
        #expect(
            found.map(\.publicAddresses) == [
                [
                    PublicAddress(
                        IPv4Address(rawValue: 0xcb00_7114),
                        privateAddress: IPv4Address("10.128.0.2"), source: .google)
                ],
                [],
            ])
    }

    /// Pairs of a public address and the private one behind it, of each interface.
    private func pairs(_ found: [CloudInterface]) -> [[String]] {
        found.map { interface in
            interface.publicAddresses.map { pair in
                "\(pair.address) \(pair.privateAddress.map(\.description) ?? "-")"
            }
        }
    }

    @Test func `interfaces of Azure with several addresses, some of IPv6, and outbound rules`()
        async throws
    {
        let facts = [
            "/metadata/instance/network?api-version=2021-02-01": """
            {"interface":[{"ipv4":{"ipAddress":[
            {"privateIpAddress":"10.1.0.4","publicIpAddress":"203.0.113.4"},
            {"privateIpAddress":"10.1.0.5","publicIpAddress":""},
            {"privateIpAddress":"10.1.0.6","publicIpAddress":""}],
            "subnet":[{"address":"10.1.0.0","prefix":"24"}]},
            "ipv6":{"ipAddress":[{"privateIpAddress":"fd00:db8:deca:deed::4"}]},
            "macAddress":"000D3AF806EC"},
            {"ipv4":{"ipAddress":[{"privateIpAddress":"10.1.1.4","publicIpAddress":""},
            {"privateIpAddress":"10.1.1.5"}],
            "subnet":[{"address":"10.1.1.0","prefix":"24"}]},"ipv6":{"ipAddress":[]},
            "macAddress":"000D3AF806ED"}]}
            """,
            "/metadata/loadbalancer?api-version=2020-10-01": """
            {"loadbalancer":{"publicIpAddresses":[
            {"frontendIpAddress":"203.0.113.5","privateIpAddress":"10.1.0.5"},
            {"frontendIpAddress":"2001:db8::5","privateIpAddress":"fd00:db8:deca:deed::4"},
            {"frontendIpAddress":"203.0.113.99","privateIpAddress":"10.9.9.9"}],
            "inboundRules":[{"frontendIpAddress":"203.0.113.80","protocol":"tcp","frontendPort":80,
            "backendPort":80,"privateIpAddress":"10.1.0.6"}],
            "outboundRules":[{"frontendIpAddress":"203.0.113.50","privateIpAddress":"10.1.1.4"},
            {"frontendIpAddress":"203.0.113.51","privateIpAddress":"10.1.1.5"},
            {"frontendIpAddress":"203.0.113.52","privateIpAddress":"10.1.1.5"},
            {"frontendIpAddress":"[2001:db8::50]","privateIpAddress":"10.1.0.6"},
            {"frontendIpAddress":"203.0.113.53","privateIpAddress":"10.1.0.5"}]}}
            """,
        ]
        let found = try #require(
            try await ask(MetadataServer(.azure, facts: facts), in: .azure, macs: Self.azureMacs)
                .value)
        // An inbound rule says nothing of what leaves, and of two outbound ones Azure takes any.
        #expect(
            pairs(found) == [
                ["203.0.113.4 10.1.0.4", "203.0.113.5 10.1.0.5"], ["203.0.113.50 10.1.1.4"],
            ])
    }

    @Test func `interfaces of Google with IPv6, aliases and no address of IPv4`() async throws {
        let path = "/computeMetadata/v1/instance/network-interfaces/?recursive=true"
        let facts = [
            path: """
            [{"accessConfigs":[{"externalIp":"203.0.113.20","type":"ONE_TO_ONE_NAT"}],
            "dhcpv6Refresh":"1700000000","dnsServers":["169.254.169.254"],"forwardedIps":
            ["203.0.113.77"],"forwardedIpv6s":[],"gateway":"10.128.0.1","gatewayIpv6":
            "fe80:0:0:0:4001:aff:fe80:1","ip":"10.128.0.2","ipAliases":["10.200.0.0/28"],"ipv6s":
            ["2600:1900:4000:1::"],"mac":"42:01:0a:80:00:02","mtu":1460,"subnetmask":
            "255.255.240.0","targetInstanceIps":[]},
            {"accessConfigs":[{"externalIp":"2600:1900::1","type":"DIRECT_IPV6"}],"ip":"","ipv6s":
            ["2600:1900:4000:2::"],"mac":"42:01:0a:81:00:02"}]
            """
        ]
        let found = try #require(
            try await ask(
                MetadataServer(.google, facts: facts), in: .google, macs: Self.googleMacs
            ).value)
        #expect(pairs(found) == [["203.0.113.20 10.128.0.2"], []])
        #expect(found.map { $0.subnet?.description } == ["10.128.0.0/20", nil])
    }

    @Test func `an answer without Google's mark is not taken for one`() async throws {
        var server = MetadataServer(.google, facts: Self.google)
        server.isUnmarked = true
        let found = try await ask(server, in: .google, macs: Self.googleMacs)
        #expect(found.failure?.reason.hasPrefix("the answer is not marked") == true)
    }

    @Test func `off the cloud nothing is sent`() async throws {
        let server = MetadataServer(facts: [:])
        #expect(try await ask(server, in: nil, macs: Self.azureMacs).value == [])
        #expect(server.connections.value == 0)
    }

    @Test(arguments: [Cloud.azure, .google])
    func `garbage, a redirection and silence are failures that say so`(cloud: Cloud)
        async throws
    {
        let facts = cloud == .azure ? Self.azure : Self.google
        for (facts, status, reason) in [
            (facts.mapValues { _ in "<html>" }, HTTPResponseStatus.ok, "not JSON: «<html>»"),
            (facts.mapValues { _ in "{\"interface\":7}" }, .ok, "no list"),
            (facts, .found, "answers with status 302"),
            (facts, .serviceUnavailable, "answers with status 503"),
        ] {
            let server = MetadataServer(cloud, facts: facts, status: status)
            let found = try await ask(server, in: cloud, macs: Self.azureMacs)
            let failure = try #require(found.failure)
            #expect(failure.reason.contains(reason), "\(failure)")
            #expect(failure.fix == "tell them in /etc/natdeck/public-addresses")
        }
        let server = MetadataServer(cloud, facts: facts, isSilent: true)
        let found = try await ask(
            server, in: cloud, macs: Self.azureMacs, budget: .milliseconds(200))
        #expect(found.failure?.reason.hasPrefix("no answer in 0.2 s") == true)
    }

    @Test(
        arguments: [
            ([("/run/cloud-init/cloud-id", "aws\n")], Cloud.aws),
            ([("/run/cloud-init/cloud-id", "azure")], .azure),
            ([("/run/cloud-init/cloud-id", "gce")], .google),
            ([("/run/cloud-init/cloud-id", "nocloud"), ("dmi/sys_vendor", "Amazon EC2")], nil),
            ([("/run/cloud-init/cloud-id", "none"), ("dmi/sys_vendor", "Amazon EC2")], .aws),
            ([("dmi/sys_vendor", "Amazon EC2\n")], .aws),
            ([("dmi/sys_vendor", "Xen"), ("dmi/product_version", "4.11.amazon")], .aws),
            ([("/sys/hypervisor/uuid", "ec2e1916-9099-7caf-fd21-012345abcdef")], .aws),
            ([("dmi/sys_vendor", "Microsoft Corporation")], nil),
            (
                [
                    ("dmi/sys_vendor", "Microsoft Corporation"),
                    ("dmi/chassis_asset_tag", "7783-7084-3265-9085-8269-3286-77"),
                ], .azure
            ),
            (
                [("dmi/sys_vendor", "Google"), ("dmi/product_name", "Google Compute Engine")],
                .google
            ),
            ([("dmi/sys_vendor", "Google"), ("dmi/product_name", "Eve")], nil),
            ([("dmi/sys_vendor", "QEMU")], nil), ([], nil),
        ] as [([(String, String)], Cloud?)])
    func `a box is known by what it says of itself`(
        says: [(String, String)], cloud: Cloud?
    ) async throws {
        let fake = FakeHost(FakeBox())
        for (path, text) in says {
            let path = path.hasPrefix("dmi/") ? "/sys/class/dmi/id/" + path.dropFirst(4) : path
            fake.box.files[path] = text
        }
        #expect(await fake.snapshot().environment.cloud == .value(cloud))
    }
}
