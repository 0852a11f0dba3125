import FoundationEssentials
import Testing

@testable import natdeck

@Suite struct JSONWriterTests {
    private func written(_ body: (inout JSONWriter) -> Void) -> String {
        var writer = JSONWriter()
        body(&writer)
        return String(decoding: writer.bytes, as: UTF8.self)
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
            writer.endLine()
        }
        #expect(text == #"{"a":"x","b":null,"list":[1,2],"na\"me":[],"c":true}"# + "\n")
    }

    @Test(arguments: [
        "", "plain", "a \"quote\"", "a\\b", "tab\tand line\nend", "\u{0}\u{1f}\u{7f}", "ünïcode 🂡",
        String(repeating: "\"", count: 5000),
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
}
