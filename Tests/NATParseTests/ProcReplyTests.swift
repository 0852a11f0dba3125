import NATModel
import NATParse
import Testing

@Suite struct ProcReplyTests {
    @Test func `reads the counters of every interface`() throws {
        let counters = try InterfaceCountersFile.parse(
            try Fixture.bytes("proc-net-dev-names.txt"))
        #expect(counters.count == 10)
        #expect(counters["eth0.100"] != nil)
        #expect(counters["eth1"]?.rxPackets ?? 0 > 0)
    }

    @Test func `reads counters up to 64 bits, each in its column`() throws {
        let counters = try InterfaceCountersFile.parse(
            try Fixture.bytes("proc-net-dev-large.txt"))
        #expect(
            counters["lo"]
                == InterfaceCounters(
                    rxBytes: .max, rxPackets: .max - 1, rxErrors: 1, rxDropped: 2,
                    txBytes: 1 << 32, txPackets: 1 << 32 + 1, txErrors: 3, txDropped: 4))
        #expect(counters["eth0:1"]?.rxBytes == 1 << 32)
    }

    @Test func `leaves out a neighbour that did not answer`() throws {
        let neighbours = try NeighbourFile.parse(
            try Fixture.bytes("proc-net-arp-incomplete.txt"))
        #expect(neighbours.map(\.address.description) == ["172.31.26.176", "172.31.26.175"])
        #expect(neighbours.last?.mac == "02:00:00:00:26:af")
        #expect(neighbours.last?.interface == "eth0")
    }

    @Test(arguments: [
        "h\nh\nlo 1 2 3\n", "h\nh\nlo: 1 2 3\n",
        "h\nh\nlo: 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 x\n",
        "h\nh\nlo: 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 18446744073709551616\n",
    ])
    func `names a line of counters it does not understand`(contents: String) {
        let error = #expect(throws: ParseError.self) {
            try InterfaceCountersFile.parse(Array(contents.utf8))
        }
        #expect(error?.text.hasPrefix("lo") == true)
    }

    @Test func `names a neighbour it does not understand`() {
        let error = #expect(throws: ParseError.self) {
            try NeighbourFile.parse(Array("IP address\nnonsense\n".utf8))
        }
        #expect(error?.text == "nonsense")
    }
}
