import NATModel
import NATParse
import Testing

@Suite struct PublicAddressesFileTests {
    private func failure(_ text: String) -> ReadFailure? {
        do throws(ReadFailure) {
            _ = try PublicAddressesFile.parse(Array(text.utf8))
            return nil
        } catch {
            return error
        }
    }

    @Test func `a line names an address or an interface, and the public address`() throws {
        let told = try PublicAddressesFile.parse(
            Array("# ours\n172.31.8.207 203.0.113.1  # the first\n\n\"#odd\"\t203.0.113.2".utf8))
        #expect(
            told == [
                ToldPublicAddress(
                    .address(try #require(IPv4Address("172.31.8.207"))),
                    try #require(IPv4Address("203.0.113.1"))),
                ToldPublicAddress(
                    .interface("#odd"), try #require(IPv4Address("203.0.113.2"))),
            ])
    }

    @Test(arguments: [
        ("eth0", "no public address after it: «eth0»"),
        ("eth0 203.0.113.1 203.0.113.2", "more than two words"),
        ("eth0 here", "not an IPv4 address: «here»"),
        ("172.31.0.0/16 203.0.113.1", "neither an IPv4 address nor the name of an interface"),
        ("a-name-that-is-too-long 203.0.113.1", "neither an IPv4 address nor"),
        ("eth1 203.0.113.1\neth1 203.0.113.2", "eth1 is on line 2 too"),
        ("\"eth1 203.0.113.1", "a quote that does not end"),
    ])
    func `a bad line is told by its number, and none is used`(line: String, reason: String)
        throws
    {
        let last = 1 + line.split(separator: "\n").count
        let failure = try #require(self.failure("eth0 203.0.113.9\n\(line)\n"))
        #expect(failure.object == "/etc/natdeck/public-addresses:\(last)")
        #expect(failure.reason.hasPrefix(reason))
    }

    @Test func `many bad lines are counted`() {
        #expect(failure("x\ny\nz\n")?.reason.hasSuffix(", and 2 bad lines more") == true)
        #expect(failure(String(repeating: "#", count: 1 << 19))?.reason.contains("bytes") == true)
    }
}
