import NATModel
import NATParse
import Testing

@Suite struct ProbedFileTests {
    private static func address(_ text: String) -> IPv4Address {
        IPv4Address(text) ?? IPv4Address(rawValue: 0)
    }

    private static let probed = [
        ProbedAddress(
            own: address("172.31.8.207"), outside: address("203.0.113.178"),
            atSeconds: 1_700_000_000),
        ProbedAddress(
            own: address("172.31.8.208"), outside: address("203.0.113.195"), atSeconds: 1),
    ]

    @Test func `what was written is read back`() throws {
        let text = ProbedFile.text(Self.probed.reversed())
        #expect(text == "172.31.8.207 203.0.113.178 1700000000\n172.31.8.208 203.0.113.195 1\n")
        #expect(try ProbedFile.parse(Array(text.utf8)) == Self.probed)
        #expect(try ProbedFile.parse([]) == [])
    }

    @Test(arguments: ["1.2.3.4 5.6.7.8", "1.2.3.4 x 5", "1.2.3.4 5.6.7.8 -1", "a b c d"])
    func `a line that is none is no answer`(line: String) {
        #expect(throws: ParseError.self) { try ProbedFile.parse(Array(line.utf8)) }
    }

    @Test func `a probe counts where nobody else tells the address, with its age`() {
        var snapshot = Snapshot.unread(hostName: "nat")
        var nic = Interface(name: "eth1", index: 3, state: .up, mac: "02:00:00:00:00:08")
        nic.addresses = [InterfaceAddress(Self.address("172.31.8.208"), prefixLength: 16)]
        snapshot.interfaces = .value([nic])
        snapshot.probed = .value(Self.probed)
        let found = snapshot.publicAddresses(of: nic)
        #expect(found?.map(\.address) == [Self.address("203.0.113.195")])
        #expect(found?.first?.source == .probe)
        #expect(found?.first?.learntAtMilliseconds == 1000)
        let cloud = PublicAddress(
            Self.address("203.0.113.9"), privateAddress: Self.address("172.31.8.208"),
            source: .metadata)
        snapshot.cloud = .value([
            CloudInterface(mac: "02:00:00:00:00:08", publicAddresses: [cloud])
        ])
        #expect(snapshot.publicAddresses(of: nic) == [cloud])
    }
}
