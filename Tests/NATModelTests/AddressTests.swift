import NATModel
import Testing

@Suite struct AddressTests {
    @Test(
        arguments: [
            ("0.0.0.0", 0), ("127.0.0.1", 0x7f00_0001), ("255.255.255.255", 0xffff_ffff),
            ("172.31.8.207", 0xac1f_08cf),
        ] as [(String, UInt32)])
    func `reads and writes dotted decimal`(text: String, bits: UInt32) {
        #expect(IPv4Address(text)?.rawValue == bits)
        #expect(IPv4Address(rawValue: bits).description == text)
    }

    @Test(arguments: [
        "", ".", "1.2.3", "1.2.3.4.5", "1.2.3.", ".1.2.3", "1..2.3", "256.1.1.1", "01.2.3.4",
        "1.2.3.00", "1.2.3.4 ", " 1.2.3.4", "1.2.3.-4", "+1.2.3.4", "0x7f.0.0.1", "::1", "١.٢.٣.٤",
        "1.2.3.99999999999999999999",
    ])
    func `refuses what is not four decimal parts`(text: String) {
        #expect(IPv4Address(text) == nil)
    }

    @Test(arguments: [
        ("10.0.0.1", false), ("172.31.8.207", false), ("172.32.0.1", true), ("8.8.8.8", true),
        ("100.64.0.1", false), ("169.254.169.254", false), ("203.0.113.7", true),
        ("224.0.0.1", false), ("255.255.255.255", false), ("192.167.255.255", true),
    ])
    func `knows which addresses the outside can route to`(text: String, isRoutable: Bool) {
        #expect(IPv4Address(text)?.isGloballyRoutable == isRoutable)
    }
}

@Suite struct PrefixTests {
    private func prefix(_ text: String) -> IPv4Prefix { IPv4Prefix(text) ?? .all }

    @Test(arguments: ["10.0.3.0/24", "10.0.0.0/8", "0.0.0.0/0", "172.31.26.176", "128.0.0.0/1"])
    func `writes what it read`(text: String) {
        #expect(IPv4Prefix(text)?.description == text)
    }

    @Test func `a host is written without its length`() {
        #expect(IPv4Prefix("172.31.26.176/32")?.description == "172.31.26.176")
    }

    @Test(arguments: [
        "10.0.3.7/24", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/", "10.0.0.0/255.0.0.0",
        "10.0.0.0/8/8", "/8", "10.0.0.0/+8", "10.0.0.0/ 8", "10.0.0.0/100",
    ])
    func `refuses host bits and lengths that are none`(text: String) {
        #expect(IPv4Prefix(text) == nil)
    }

    @Test func `keeps host bits when it splits`() {
        let parts = IPv4Prefix.split("10.0.3.7/24")
        #expect(parts?.address.description == "10.0.3.7")
        #expect(parts?.length == 24)
    }

    @Test func `brings a length into 0...32`() {
        let address = IPv4Address(rawValue: 0xffff_ffff)
        #expect(IPv4Prefix(address, length: 99).length == 32)
        #expect(IPv4Prefix(address, length: -1) == .all)
    }

    @Test func `contains, overlaps and ends where the bits say`() {
        let vpc = prefix("172.31.0.0/16")
        #expect(vpc.contains(prefix("172.31.26.176")))
        #expect(!prefix("172.31.26.176").contains(vpc))
        #expect(vpc.overlaps(prefix("172.0.0.0/8")))
        #expect(!vpc.overlaps(prefix("172.30.0.0/16")))
        #expect(IPv4Prefix.all.contains(vpc))
        #expect(vpc.last.description == "172.31.255.255")
        #expect(prefix("10.0.0.4/31").representative.description == "10.0.0.4")
        #expect(prefix("10.0.3.0/24").representative.description == "10.0.3.1")
        #expect(IPv4Prefix.all.last.rawValue == .max)
    }

    @Test func `sorts by address, then the wider network first`() {
        let sorted = ["10.0.1.0/24", "10.0.0.0/24", "10.0.0.0/8"].map(prefix).sorted()
        #expect(sorted.map(\.description) == ["10.0.0.0/8", "10.0.0.0/24", "10.0.1.0/24"])
    }
}
