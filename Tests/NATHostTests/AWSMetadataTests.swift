import NATHost
import NATModel
import NATTesting
import NIOHTTP1
import Testing

@Suite struct AWSMetadataTests {
    private static let mac = "02:00:00:00:00:02"
    private static let base = "/latest/meta-data/network/interfaces/macs/\(mac)"
    private static let facts = [
        "/latest/meta-data/network/interfaces/macs/": "02:00:00:00:00:01/\n\(mac)/",
        "\(base)/subnet-ipv4-cidr-block": "172.31.0.0/20",
        "\(base)/vpc-ipv4-cidr-blocks": "172.31.0.0/16\n10.0.0.0/16",
        "\(base)/public-ipv4s": "203.0.113.7\n203.0.113.9",
        "\(base)/ipv4-associations/203.0.113.9": "172.31.8.210",
    ]

    private func ask(
        _ server: MetadataServer, budget: Duration = .seconds(10), macs: [String] = [mac]
    ) async throws -> Reading<[CloudInterface]> {
        try await server.serving { port in
            let metadata = CloudMetadata(
                files: FakeHost(in: .aws), address: "127.0.0.1", port: port, budget: budget)
            do throws(ReadFailure) {
                return .value(try await metadata.interfaces(macs: macs))
            } catch {
                return .failed(error)
            }
        }
    }

    @Test func `reads an interface with a token, and which private address each public one has`()
        async throws
    {
        let found = try await ask(MetadataServer(facts: Self.facts))
        let interface = try #require(found.value?.first)
        #expect(interface.mac == Self.mac)
        #expect(interface.subnet?.description == "172.31.0.0/20")
        #expect(interface.gateway?.description == "172.31.0.1")
        #expect(interface.vpcNetworks.map(\.description) == ["172.31.0.0/16", "10.0.0.0/16"])
        #expect(
            interface.publicAddresses.map(\.address.description) == ["203.0.113.7", "203.0.113.9"])
        #expect(
            interface.publicAddresses.map { $0.privateAddress?.description } == [
                nil, "172.31.8.210",
            ])
    }

    @Test func `an interface the service does not know is left out`() async throws {
        let found = try await ask(
            MetadataServer(facts: Self.facts), macs: [Self.mac, "02:00:00:00:00:99"])
        #expect(found.value?.map(\.mac) == [Self.mac])
    }

    @Test func `an interface without a public address has none, which is known`() async throws {
        let facts = Self.facts.filter { !$0.key.contains("public") }
        let found = try await ask(MetadataServer(facts: facts))
        #expect(found.value?.first?.publicAddresses == [])
    }

    @Test func `a service in trouble is a failure and not an empty answer`() async throws {
        let server = MetadataServer(facts: Self.facts, status: .internalServerError)
        let found = try await ask(server)
        #expect(found.failure?.reason.contains("answers with status 500") == true)
    }

    @Test func `what is no address is refused, without its escape characters`() async throws {
        var facts = Self.facts
        facts["\(Self.base)/public-ipv4s"] = "\u{1b}[2Jnonsense"
        let found = try await ask(MetadataServer(facts: facts))
        #expect(found.failure?.reason.contains("«[2Jnonsense»") == true)
    }

    @Test func `a silent service is given up when the budget is spent`() async throws {
        let clock = ContinuousClock()
        let start = clock.now
        let found = try await ask(
            MetadataServer(facts: [:], isSilent: true), budget: .milliseconds(300))
        #expect(clock.now - start < .seconds(10))
        #expect(found.failure?.reason.hasPrefix("no answer in 0.3 s") == true)
    }

    @Test func `no service at all is a failure`() async throws {
        // Port 1 of the loopback: nobody listens there.
        let metadata = CloudMetadata(files: FakeHost(in: .aws), address: "127.0.0.1", port: 1)
        await #expect(throws: ReadFailure.self) { try await metadata.interfaces(macs: [Self.mac]) }
    }

    @Test func `all is asked over one connection`() async throws {
        let server = MetadataServer(facts: Self.facts)
        #expect(try await ask(server).value?.count == 1)
        #expect(server.connections.value == 1)
    }

    @Test func `a server that closes after every answer is asked over new connections`()
        async throws
    {
        let server = MetadataServer(facts: Self.facts, closing: .saying)
        #expect(try await ask(server).value?.first?.publicAddresses.count == 2)
        #expect(server.connections.value == 9)
    }

    @Test func `a server that closes without a word is asked again`() async throws {
        let server = MetadataServer(facts: Self.facts, closing: .silently)
        #expect(try await ask(server).value?.first?.publicAddresses.count == 2)
    }

    @Test func `an answer in chunks is read`() async throws {
        let server = MetadataServer(facts: Self.facts, isChunked: true)
        #expect(try await ask(server).value?.first?.subnet?.description == "172.31.0.0/20")
        #expect(server.connections.value == 1)
    }

    @Test func `answers are kept for a while, refusals too`() async throws {
        let fake = FakeHost(.scenario)
        let cached = CachedMetadata(fake)
        let macs = [Self.mac]
        #expect(try await cached.interfaces(macs: macs).count == 1)
        fake.box.cloud = nil
        #expect(try await cached.interfaces(macs: macs).count == 1)
        let more = macs + ["02:00:00:00:00:03"]
        await #expect(throws: ReadFailure.self) { try await cached.interfaces(macs: more) }
        fake.box.cloud = []
        await #expect(throws: ReadFailure.self) { try await cached.interfaces(macs: more) }
    }

    @Test func `a link that comes is asked about alone`() async throws {
        let fake = FakeHost(.scenario)
        let cached = CachedMetadata(fake)
        #expect(try await cached.interfaces(macs: [Self.mac]).count == 1)
        // The others' answers hold, whatever is told now.
        fake.box.cloud?.removeAll { $0.mac == Self.mac }
        let both = try await cached.interfaces(macs: [Self.mac, "02:00:00:00:00:03"])
        #expect(both.map(\.mac) == [Self.mac, "02:00:00:00:00:03"])
    }
}
