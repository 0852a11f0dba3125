import NATModel
import NATParse
import Testing

/// The bytes are those that `nft --debug=mnl -f -` of nftables 1.0.6 shows for the same table; where
/// it names a set by number too, natdeck names it by name alone.
@Suite struct GateRequestTests {
    private static let gate = Gate(
        entries: [
            Gate.Entry(
                egress: "ens6", sources: [prefix(0x0a4d_640b)],
                translated: [prefix(0x0a4d_640b)])
        ],
        internals: [
            prefix(0x0a00_0000, 8),
            prefix(0xffff_ff00, 24),
        ])

    private static func prefix(_ address: UInt32, _ length: Int = 32) -> IPv4Prefix {
        IPv4Prefix(IPv4Address(rawValue: address), length: length)
    }

    /// Kind, flags and what follows the header of each message.
    private func messages(_ bytes: [UInt8]) -> [(kind: UInt16, flags: UInt16, body: String)] {
        var messages: [(kind: UInt16, flags: UInt16, body: String)] = []
        var rest = bytes[...]
        while rest.count >= 16 {
            let head = Array(rest.prefix(16))
            let length = Int(head[0]) | Int(head[1]) << 8 | Int(head[2]) << 16
            messages.append(
                (
                    UInt16(head[4]) | UInt16(head[5]) << 8, UInt16(head[6]) | UInt16(head[7]) << 8,
                    rest.prefix(length).dropFirst(16).map { byte in
                        (byte < 16 ? "0" : "") + String(byte, radix: 16)
                    }.joined()
                ))
            rest = rest.dropFirst(length)
        }
        #expect(rest.isEmpty)
        return messages
    }

    private func hex(_ text: String) -> String { text.filter { $0 != " " && $0 != "\n" } }

    @Test func `the old table goes and the new one comes in one batch`() {
        let sent = messages(GateRequest(Self.gate).batches[0])
        let kinds = sent.map(\.kind)
        #expect(kinds.first == 0x10)
        #expect(kinds.last == 0x11)
        #expect(sent.first?.body == "0000000a")
        #expect(kinds.dropFirst().prefix(3) == [0xa00, 0xa02, 0xa00])
        // The last one before the end asks for an answer, and nothing else does.
        #expect(sent.map { $0.flags & 4 != 0 }.firstIndex(of: true) == sent.count - 2)
        #expect(messages(GateRequest(nil).batches[0]).map(\.kind) == [0x10, 0xa00, 0xa02, 0x11])
        #expect(messages(GateRequest(nil).batches[0]).map(\.flags) == [1, 0x401, 5, 1])
        #expect(GateRequest(Gate()).batches[0] == GateRequest(nil).batches[0])
    }

    @Test func `a set is sent as nft sends it, with an end for each range that has one`() {
        let sent = messages(GateRequest(Self.gate).batches[0])
        #expect(
            sent.filter { $0.kind == 0xa09 }.first?.body
                == hex(
                    """
                    02000000 0c000100 6e61746465636b00 0d000200 696e7465726e616c00 000000
                    08000300 00000004 08000400 00000007 08000500 00000004 08000a00 00000001
                    10000d00 000402000000 020401000000
                    """))
        #expect(
            sent.filter { $0.kind == 0xa0c }.first?.body
                == hex(
                    """
                    02000000 0c000100 6e61746465636b00 0d000200 696e7465726e616c00 000000
                    68000380
                    18000180 08000300 00000001 0c000180 08000100 00000000
                    10000180 0c000180 08000100 0a000000
                    18000180 08000300 00000001 0c000180 08000100 0b000000
                    24000180 0c000180 08000100 ffffff00 0a000600 010401000000 0000
                    """
                ).replacing("24000180", with: "1c000180").replacing(
                    "68000380", with: "60000380"))
    }

    @Test func `a map sends single addresses to the chain of their interface`() {
        let sent = messages(GateRequest(Self.gate).batches[0])
        #expect(
            sent.filter { $0.kind == 0xa09 }.last?.body
                == hex(
                    """
                    02000000 0c000100 6e61746465636b00 0d000200 6c656e677468333200 000000
                    08000300 00000008 08000400 00000007 08000500 00000004 08000600 ffffff00
                    08000700 00000000 08000a00 00000003
                    16000d00 000402000000 010400000000 060400000000 0000
                    """))
        #expect(
            sent.filter { $0.kind == 0xa0c }.last?.body
                == hex(
                    """
                    02000000 0c000100 6e61746465636b00 0d000200 6c656e677468333200 000000
                    30000380 2c000180 0c000180 08000100 0a4d640b
                    1c000280 18000280 08000100 fffffffd 0c000200 6567726573733000
                    """))
    }

    @Test func `a rule compares the name of an interface to its last byte`() {
        let sent = messages(GateRequest(Self.gate).batches[0])
        #expect(
            sent.first { $0.kind == 0xa06 }?.body
                == hex(
                    """
                    02000000 0c000100 6e61746465636b00 0c000200 6567726573733000
                    90000480
                    24000180 09000100 6d65746100 000000 14000280 08000200 00000007
                    08000100 00000001
                    38000180 08000100 636d7000 2c000280 08000100 00000001 08000200 00000000
                    18000380 14000100 656e7336000000000000000000000000
                    30000180 0e000100 696d6d65646961746500 0000 1c000280 08000100 00000000
                    10000280 0c000280 08000100 00000001
                    """))
        var odd = Self.gate
        odd.entries[0].egress = KernelName.text([0x07, 0xff, UInt8(ascii: "*")])
        #expect(
            messages(GateRequest(odd).batches[0]).first { $0.kind == 0xa06 }?.body
                .contains("1400010007ff2a00000000000000000000000000") == true)
    }

    @Test func `ten thousand sources are no attribute too long`() {
        var gate = Self.gate
        gate.entries[0].sources = (0..<20_000).map {
            IPv4Prefix(IPv4Address(rawValue: 0x0a00_0000 + UInt32($0) * 2))
        }
        gate.entries[0].translated = Set(gate.entries[0].sources)
        let sent = messages(GateRequest(gate).batches[0])
        let elements = sent.filter { $0.kind == 0xa0c }
        #expect(elements.count > 50)
        #expect(elements.allSatisfy { $0.body.utf8.count / 2 < 65_536 })
        let number = NFTFingerprintReply(table: "natdeck")
        #expect(number.requests.count == 4)
    }

    @Test func `every message of a batch gets the number of the question`() {
        var bytes = GateRequest(Self.gate).batches[0]
        NetlinkMessage.number(&bytes, 0x0102_0304)
        var rest = bytes[...]
        while rest.count >= 16 {
            #expect(Array(rest.dropFirst(8).prefix(4)) == [4, 3, 2, 1])
            let head = Array(rest.prefix(4))
            rest = rest.dropFirst(Int(head[0]) | Int(head[1]) << 8)
        }
    }
}
