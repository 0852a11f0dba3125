import NATModel
import NATTesting
import Testing

@testable import NATParse

/// Most lines of the file of assignments are understood without making words of them.
@Suite struct PlainLineTests {
    private static let sources = [
        "10.0.0.7", "10.0.3.0/24", "10.0.3.1/24", "0.0.0.0/0", "10.0.0.7/32", "010.0.0.7", "10.0.0",
        "10.0.0.256", "1234.0.0.1", "10.0.0.7.", "10.0.0.0/08", "dns:a.b", "\"10.0.0.7\"", "",
    ]
    private static let blanks = [" ", "   ", "\t", " \t ", "", "\r", "\u{b}"]
    private static let egresses = [
        "eth1", "ens6.100", "br-lan", "a", "abcdefghijklmno", "abcdefghijklmnop", "eth1/10.0.2.6",
        "203.0.113.9", "3g-wan", "_x", "\"eth1\"", "eth1#", "wg0:1", "été", ".", "E0", "",
    ]
    private static let ends = [
        "", "\r", "  ", " # note", "#", " # instead of: pref 200 lookup 106", " x", "\u{7}",
    ]

    @Test func `what a line means is the same, read byte by byte or as words`() throws {
        var random = SeededRandom(seed: 7)
        var plain = 0
        for _ in 0..<50_000 {
            let line =
                (random.oneIn(8) ? random.pick(Self.blanks) : "") + random.pick(Self.sources)
                + random.pick(Self.blanks) + random.pick(Self.egresses) + random.pick(Self.ends)
            // It is a line among others.
            let before = Array("10.9.9.9 eth0\n".utf8)
            let bytes = before + Array(line.utf8) + Array("\n10.9.9.8 eth0".utf8)
            let place = before.count..<before.count + line.utf8.count
            guard let read = NamedAssignment(plain: bytes, place) else { continue }
            plain += 1
            #expect(try AssignmentsFile.assignment(in: line[...]) == read, "\(line)")
        }
        #expect(plain > 300)
    }

    @Test func `the lines that natdeck writes are read so`() throws {
        var file = AssignmentsFile()
        file.record([
            (.prefix(IPv4Prefix(IPv4Address(rawValue: 0x0a00_0007))), Egress("ens6")),
            (.prefix(IPv4Prefix(IPv4Address(rawValue: 0x0a00_0300), length: 24)), Egress("eth1")),
        ])
        let lines = file.text.split(separator: "\n").dropFirst()
        #expect(lines.count == 2)
        for line in lines {
            #expect(NamedAssignment(plain: Array(line.utf8), 0..<line.utf8.count) != nil)
        }
    }
}
