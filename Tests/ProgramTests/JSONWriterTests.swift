import FoundationEssentials
import Synchronization
import Testing

@testable import natdeck

@Suite struct JSONWriterTests {
    private func written(_ body: (inout JSONWriter) -> Void) -> String {
        let bytes = Mutex<[UInt8]>([])
        var writer = JSONWriter { piece in bytes.withLock { $0 += Array(piece) } }
        body(&writer)
        writer.endLine()
        return String(decoding: bytes.withLock { $0 }.dropLast(), as: UTF8.self)
    }

    @Test func `separates members and elements, and nothing else`() {
        let text = written { writer in
            writer.object { writer in
                writer.member("a", "x")
                writer.member("b", nil as String?)
                writer.key("list")
                writer.array([1, 2]) { $0.value($1) }
                writer.key(named: "na\"me")
                writer.array([] as [Int]) { $0.value($1) }
                writer.member("c", true)
            }
        }
        #expect(text == #"{"a":"x","b":null,"list":[1,2],"na\"me":[],"c":true}"#)
    }

    @Test(arguments: [
        "", "plain", "a \"quote\"", "a\\b", "tab\tand line\nend", "\u{0}\u{1f}\u{7f}", "ünïcode 🂡",
        String(repeating: "\"", count: 50_000),
    ])
    func `a text is read back as it was`(text: String) throws {
        let line = written { $0.array([text, "next"]) { $0.value($1) } }
        #expect(try JSONDecoder().decode([String].self, from: Data(line.utf8)) == [text, "next"])
    }

    @Test func `numbers are written to the last digit`() {
        #expect(written { $0.value(UInt64.max) } == "\(UInt64.max)")
        #expect(written { $0.value(Int.min) } == "\(Int.min)")
        for number in [0, 9, 10, -1, 99, 100, 101, 4_294_967_296, Int.max] {
            #expect(written { $0.value(number) } == "\(number)")
        }
    }

    @Test func `what is longer than a piece is handed on whole and in order`() throws {
        let numbers = Array(0..<100_000)
        let text = written { $0.array(numbers) { $0.value($1) } }
        #expect(try JSONDecoder().decode([Int].self, from: Data(text.utf8)) == numbers)
    }
}
