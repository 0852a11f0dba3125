import NATModel
import NATParse
import Testing

@Suite struct KernelEventTests {
    /// `RTM_NEWLINK` of interface 7 down, then `RTM_DELADDR` of it, as the kernel lays them out.
    private let bytes: [UInt8] = [
        32, 0, 0, 0, 16, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        0, 0, 1, 0, 7, 0, 0, 0, 0x02, 0x10, 0, 0, 1, 0, 0, 0,
        24, 0, 0, 0, 21, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        2, 16, 0, 0, 7, 0, 0, 0,
    ]

    private func parse(_ bytes: some Collection<UInt8>) -> [KernelEvent] {
        Array(bytes).withUnsafeBytes { KernelEventReply.parse($0) }
    }

    @Test func `reads links and addresses`() {
        #expect(
            parse(bytes) == [
                .link(index: 7, isUp: false), .addressRemoved(index: 7),
            ])
    }

    @Test func `stops where a message is cut short, and never traps`() {
        for count in 0...bytes.count {
            #expect(parse(bytes.prefix(count)).count <= 2)
        }
        for place in bytes.indices {
            for value in [0, 1, 15, 16, 17, 255] as [UInt8] {
                var broken = bytes
                broken[place] = value
                _ = parse(broken)
            }
        }
    }

    @Test func `reads a process whose name is made to confuse`() throws {
        let text =
            "4711 (a) b (c) S 12 4711 4711 0 -1 4194304 1 0 0 0 0 0 0 0 20 0 1 0 98765 1 1 1\n"
        let process = try ProcessFile.parse(Array(text.utf8))
        #expect(process.name == "a) b (c")
        #expect(process.parent == 12)
        #expect(process.startTicks == 98765)
        #expect(throws: ParseError.self) { try ProcessFile.parse(Array("1 x".utf8)) }
    }
}
