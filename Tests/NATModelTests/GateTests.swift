import NATModel
import Testing

@Suite struct GateTests {
    private func prefixes(_ text: String) -> [IPv4Prefix] {
        text.split(separator: " ").compactMap { IPv4Prefix($0) }
    }

    private func ranges(_ ranges: [ClosedRange<UInt32>]) -> [String] {
        ranges.map {
            "\(IPv4Address(rawValue: $0.lowerBound))-\(IPv4Address(rawValue: $0.upperBound))"
        }
    }

    @Test func `networks that overlap or touch become one range`() {
        #expect(
            ranges(
                AddressRanges.of(
                    prefixes("10.1.0.0/16 10.0.0.0/16 10.0.7.0/24 10.3.0.0/16 10.0.0.0/16")))
                == ["10.0.0.0-10.1.255.255", "10.3.0.0-10.3.255.255"])
        #expect(AddressRanges.of([IPv4Prefix]()) == [])
        #expect(AddressRanges.of([.all]) == [0...UInt32.max])
        #expect(
            ranges(AddressRanges.of(prefixes("255.255.255.255 0.0.0.0")))
                == ["0.0.0.0-0.0.0.0", "255.255.255.255-255.255.255.255"])
    }

    @Test func `a narrower network is an exception, whichever way round`() {
        let networks: [(network: IPv4Prefix, belongs: Bool)] = zip(
            prefixes("10.0.0.0/8 10.1.0.0/16 10.1.2.0/24 10.1.2.3 11.0.0.0/8"),
            [true, false, true, false, true]
        ).map { ($0, $1) }
        #expect(
            ranges(AddressRanges.of(networks.shuffled())) == [
                "10.0.0.0-10.0.255.255", "10.1.2.0-10.1.2.2", "10.1.2.4-10.1.2.255",
                "10.2.0.0-11.255.255.255",
            ])
        #expect(
            ranges(AddressRanges.of([(.all, false)] + networks.suffix(1)))
                == ["11.0.0.0-11.255.255.255"])
    }

    @Test(arguments: [
        "eth0", "e;n,s", "*", "#x", "a=b", "\u{301}x", KernelName.text([0x07, 0xff]), "{}\"\\",
    ])
    func `a gate is read back from its words, whatever the interface is called`(
        name: String
    ) throws {
        let sources = prefixes("10.0.0.0/24 10.0.0.7 10.9.0.0/16")
        let gate = Gate(
            entries: [
                Gate.Entry(egress: name, sources: sources, translated: Set(sources.prefix(2))),
                Gate.Entry(egress: "eth9", sources: [], translated: []),
            ], internals: prefixes("10.0.0.0/8 192.168.0.0/16"), free: prefixes("10.9.0.1"))
        #expect(Gate(gate.description) == gate)
        var marking = gate
        marking.marks = ConnectionMarks(
            mask: 0x00ff_0000, egresses: [1: name, 7: "marks"], sources: sources)
        #expect(Gate(marking.description) == marking)
        #expect(Gate(marking.description.replacing("0xff0000", with: "0xff0100")) == nil)
        marking.marks?.looksOnce = true
        #expect(Gate(marking.description) == marking)
        #expect(Gate(marking.description.replacing("once", with: "twice")) == nil)
        marking.marks?.looksOnce = false
        #expect(
            Gate(marking.description.replacing("marks 0xff0000/1", with: "marks 0xff0000/0")) == nil
        )
        var giving = marking
        let addresses = [0x0a00_0206, 0x0a00_0207].map { IPv4Address(rawValue: $0) }
        giving.addresses = GivenAddresses(
            priority: -7,
            entries: [
                .init(Egress(name, addresses: addresses), sources: sources),
                .init(Egress("eth9", addresses: [addresses[0]]), sources: prefixes("10.7.0.0/16")),
            ], plain: prefixes("10.0.0.9"))
        #expect(Gate(giving.description) == giving)
        giving.marks = nil
        #expect(Gate(giving.description) == giving)
        // Of an earlier natdeck, when that address was gone.
        #expect(Gate(giving.description.replacing("10.0.2.7 ", with: "10.0.2.7! ")) == giving)
        #expect(Gate(giving.description.replacing("10.0.2.7 ", with: "10.0.2.777 ")) == nil)
        #expect(Gate(giving.description.replacing("-7 10.0.0.9 2", with: "-7 10.0.0.9 3")) == nil)
        #expect(Gate(Gate().description) == Gate())
        #expect(Gate(gate.description + " eth5") == nil)
        #expect(Gate(gate.description.replacing("10.0.0.7", with: "10.0.0.777")) == nil)
    }

    @Test(arguments: [
        (UInt32(0x00ff_0000), true), (3, true), (0xc000_0000, true), (0, false), (1, false),
        (0x8000_0000, false), (0x00ff_0100, false), (5, false),
    ])
    func `marks take bits that lie side by side`(mask: UInt32, isUsable: Bool) {
        #expect(ConnectionMarks.isUsable(mask) == isUsable)
    }

    @Test func `a mark is the number of its egress in the bits there are`() {
        let marks = ConnectionMarks(mask: 0x0000_0c00, egresses: [2: "eth2", 1: "eth0", 3: "eth3"])
        #expect(marks.mark(of: 1) == PacketMark(0x400, mask: 0xc00))
        // The highest one is that of what is free.
        #expect(marks.marked.map(\.mark.value) == [0x400, 0x800])
        #expect(marks.marked.map(\.egress) == ["eth0", "eth2"])
        #expect(marks.mark(of: 0) == nil)
        #expect(!Gate(marks: marks).isEmpty)
        #expect(!Gate(marks: marks).keeps)
    }

    @Test func `marks tell the addresses of an egress, where they have any`() throws {
        let marks = ConnectionMarks(
            mask: 0x00ff_0000, egresses: [1: "eth0", 2: "wg-0"],
            addresses: [
                1: [IPv4Prefix("172.31.8.207"), IPv4Prefix("172.31.8.209")].compactMap(\.?.network)
            ],
            sources: prefixes("10.0.0.7"), looksOnce: true)
        #expect(
            marks.description
                == "0xff0000/once/1:172.31.8.207+172.31.8.209:eth0/2:wg-0 10.0.0.7")
        #expect(ConnectionMarks(marks.description) == marks)
        for wrong in [
            "1:172.31.8.:eth0", "1:172.31.8.207:x:eth0", "0:172.31.8.207:eth0",
        ] {
            #expect(ConnectionMarks("0xff0000/\(wrong) 10.0.0.7") == nil, "\(wrong)")
        }
    }

    @Test func `what is let out of a wider network that is kept stays free`() {
        let sources = prefixes("10.0.0.0/24 10.0.0.7 10.9.0.1")
        let gate = Gate(
            entries: [Gate.Entry(egress: "eth1", sources: sources, translated: Set(sources))])
        let open = gate.without(Set(prefixes("10.0.0.7 10.0.0.8 10.9.0.1")))
        #expect(open.entries.map(\.sources) == [prefixes("10.0.0.0/24")])
        #expect(open.free == prefixes("10.0.0.7 10.0.0.8"))
        #expect(open.without(Set(prefixes("10.0.0.0/24"))) == Gate())
    }
}
