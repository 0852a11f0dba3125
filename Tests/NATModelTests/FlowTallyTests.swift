import NATModel
import Testing

@Suite struct FlowTallyTests {
    private static func address(_ text: String) -> IPv4Address {
        IPv4Address(text) ?? IPv4Address(rawValue: 0)
    }

    private static let host = address("172.31.26.176")
    private static let egress = address("172.31.8.208")
    private static let outside = address("198.51.100.10")

    /// A flow of the host to the outside, translated.
    private static func flow(
        _ number: UInt32, port: UInt16? = nil, to destination: IPv4Address = outside,
        seenAs address: IPv4Address = egress, from source: IPv4Address = host, replied: Bool = true,
        state: ConntrackFlow.TCPState? = .established, bytes: (UInt64, UInt64)? = nil,
        zone: UInt16 = 0
    ) -> ConntrackFlow {
        let port = port ?? UInt16(truncatingIfNeeded: 1024 + number)
        var flow = ConntrackFlow(
            original: .init(
                source: source, destination: destination, transport: 6, sourcePort: port,
                destinationPort: 443),
            reply: .init(
                source: destination, destination: address, transport: 6, sourcePort: 443,
                destinationPort: port),
            status: ConntrackFlow.status(
                hasReplied: replied, isSourceTranslated: source != address),
            tcpState: state, zone: zone)
        flow.number = number
        if let bytes {
            var traffic = ConntrackFlow.Traffic()
            (traffic.originalBytes, traffic.replyBytes) = bytes
            (traffic.originalPackets, traffic.replyPackets) = (1, 1)
            flow.traffic = traffic
        }
        return flow
    }

    private static func tally(
        _ flows: [ConntrackFlow], after memory: FlowMemory? = FlowMemory()
    ) -> FlowTally {
        var tally = FlowTally(after: memory)
        for flow in flows { tally.add(flow) }
        return tally
    }

    @Test(arguments: ["172.31.8.207", "10.0.0.1", "192.168.7.7", "100.64.0.9", "169.254.169.254"])
    func `what stays inside is a flow, and says nothing of an egress`(destination: String) {
        // A name server inside, also one that is reached by another interface than the egress.
        let inside = Self.flow(
            1, to: Self.address(destination), seenAs: Self.address("172.31.8.207"))
        let own = Self.flow(2, to: Self.address(destination), seenAs: Self.host)
        let totals = Self.tally([inside, own, Self.flow(3)]).totals
        #expect(totals.hosts[Self.host]?.flows == 3)
        #expect(totals.hosts[Self.host]?.seen.keys.map(\.self) == [Self.egress])
        let old = FlowSelection(IPv4Prefix(Self.host), seenAs: Self.address("172.31.8.207"))
        #expect(!old.contains(inside))
        #expect(!FlowSelections([old]).contains(inside))
        #expect(FlowSelection(IPv4Prefix(Self.host)).contains(inside))
    }

    @Test func `what is closed is no live flow, and still holds its port`() {
        let totals = Self.tally([
            Self.flow(1), Self.flow(2, state: .timeWait), Self.flow(3, replied: false),
        ]).totals
        #expect(totals.flows == 3)
        #expect(totals.translated == 3)
        let host = totals.hosts[Self.host]
        #expect(host?.flows == 2)
        #expect(host?.seen[Self.egress]?.flows == 2)
        #expect(host?.seen[Self.egress]?.replied == 1)
        #expect(host?.seen[Self.egress]?.ended == 1)
        #expect(totals.ports.first?.used == 3)
    }

    @Test func `without a reading before nothing is said of what is new`() {
        let host = Self.tally([Self.flow(1, bytes: (100, 200))]).totals.hosts[Self.host]
        #expect(host?.begun == nil)
        #expect(host?.carriedSince == nil)
        #expect(host?.carried?.sentBytes == 100)
        #expect(host?.carried?.receivedBytes == 200)
        #expect(host?.carried?.receivedPackets == 1)
    }

    @Test func `missing accounting is not zero`() {
        let first = Self.tally([Self.flow(1)])
        let host = Self.tally([Self.flow(1)], after: first.memory).totals.hosts[Self.host]
        #expect(host?.carried == nil)
        #expect(host?.carriedSince == nil)
        #expect(host?.begun == 0)
    }

    @Test func `the reading after tells what is new, of flows that have closed since too`() {
        let first = Self.tally([Self.flow(1, bytes: (1600, 0)), Self.flow(2, bytes: (0, 320))])
        let second = Self.tally(
            [
                Self.flow(1, bytes: (3200, 160)), Self.flow(3, bytes: (10, 20)),
                Self.flow(4, state: .timeWait, bytes: (5, 6)),
            ], after: first.memory)
        let host = second.totals.hosts[Self.host]
        #expect(host?.begun == 2)
        #expect(host?.seen[Self.egress]?.begun == 2)
        #expect(host?.carriedSince?.sentBytes == 1600 + 10 + 5)
        #expect(host?.carriedSince?.receivedBytes == 160 + 20 + 6)
        let third = Self.tally([Self.flow(1, bytes: (3200, 160))], after: second.memory)
        #expect(third.totals.hosts[Self.host]?.begun == 0)
        #expect(third.totals.hosts[Self.host]?.carriedSince?.sentBytes == 0)
    }

    @Test func `a number that is used again is another flow where its tuple differs`() {
        let first = Self.tally([Self.flow(7, port: 1000)])
        let second = Self.tally([Self.flow(7, port: 1001)], after: first.memory)
        #expect(second.totals.hosts[Self.host]?.begun == 1)
    }

    @Test func `a connection that follows one of the same ports and number is a new one`() {
        let first = Self.tally([Self.flow(1, bytes: (64_000, 3_200_000))])
        let second = Self.tally([Self.flow(1, bytes: (640, 320))], after: first.memory)
        let host = second.totals.hosts[Self.host]
        #expect(host?.begun == 1)
        #expect(host?.carriedSince?.sentBytes == 640)
        #expect(host?.carriedSince?.receivedBytes == 320)
        // Less in one direction is enough to tell.
        let third = Self.tally([Self.flow(1, bytes: (160, 1600))], after: second.memory)
        #expect(third.totals.hosts[Self.host]?.carriedSince?.receivedBytes == 1600)
        #expect(third.totals.hosts[Self.host]?.begun == 1)
    }

    @Test func `what is new is told of many flows that come and go`() {
        var memory: FlowMemory? = FlowMemory()
        for round in UInt32(0)..<300 {
            // Two thirds of each round were there in the one before.
            let numbers = round * 1000..<round * 1000 + 3000
            let tally = Self.tally(
                numbers.map { Self.flow($0, port: UInt16(truncatingIfNeeded: $0)) }, after: memory)
            #expect(tally.totals.hosts[Self.host]?.begun == (round == 0 ? nil : 1000))
            memory = tally.memory
        }
    }

    @Test func `ports are counted by own address, protocol, destination and zone`() {
        let other = Self.address("198.51.100.11")
        var flows = (UInt32(0)..<50_000).map { Self.flow($0) }
        flows += (UInt32(60_000)..<60_100).map { Self.flow($0, to: other) }
        flows += (UInt32(70_000)..<70_007).map { Self.flow($0, zone: 3) }
        // The box's own flow takes a port of the address, a host's untranslated one takes none.
        flows.append(Self.flow(80_000, from: Self.egress))
        flows.append(Self.flow(80_001, seenAs: Self.host))
        let ports = Self.tally(flows).totals.ports
        #expect(ports.map(\.used) == [50_001, 100, 7])
        #expect(ports.map(\.destination) == [Self.outside, other, Self.outside])
        #expect(ports.allSatisfy { $0.address == Self.egress && $0.port == 443 })
        #expect(ports.first.map { $0.share > 0.77 && $0.share < 0.78 } == true)
    }

    @Test func `the busiest few of many destinations are told`() {
        let flows = (UInt32(0)..<20_000).map { number in
            // Destination n has n flows for each round it takes part in.
            Self.flow(
                number,
                to: IPv4Address(rawValue: Self.outside.rawValue &+ number % 3000),
                seenAs: number % 3000 == 5
                    ? Self.address("172.31.8.207") : Self.egress)
        }
        let ports = Self.tally(flows + (UInt32(30_000)..<30_003).map { Self.flow($0) }).totals.ports
        #expect(ports.count == 4)
        #expect(ports.first?.destination == Self.outside)
        #expect(ports.first?.used == 10)
        #expect(ports.filter { $0.address == Self.egress }.count == 3)
    }

    @Test func `a rate is known from the second reading on`() {
        var totals = FlowTotals()
        #expect(totals.perSecond(10) == nil)
        totals.spanMilliseconds = 2000
        #expect(totals.perSecond(10) == 5)
        #expect(totals.perSecond(Int?.none) == nil)
    }
}
