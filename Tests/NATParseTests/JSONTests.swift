import NATModel
import NATTesting
import Testing

@testable import NATParse

@Suite struct JSONTests {
    @Test func `reads every kind of value`() throws {
        let text = #" {"a":[1,-2.5e3,true,false,null],"b":{"c":"x\"\\\/\n\u00e9\ud83d\ude00"}} "#
        let value = try JSONValue.parse(Array(text.utf8))
        #expect(
            try value.elements("a") == [
                .number(1), .number(-2500), .truth(true), .truth(false), .null,
            ])
        #expect(try value["b"]?.text("c") == "x\"\\/ é😀")
    }

    @Test func `texts lose what a terminal would obey`() throws {
        #expect(try JSONValue.parse(Array(#""\u001b[2Jx""#.utf8)) == .text("[2Jx"))
    }

    @Test(arguments: [
        "", "{", "[1,", "[1 2]", "{\"a\"}", "{1:2}", "\"\\u12\"", "\"\\x\"", "tru", "1 2", "-",
        "\"open", "\"\u{1}\"", String(repeating: "[", count: 100_000),
    ])
    func `what is no JSON is refused`(text: String) {
        #expect(throws: ParseError.self) { try JSONValue.parse(Array(text.utf8)) }
    }

    @Test func `random bytes and cut texts never trap`() {
        var random = SeededRandom(seed: 14)
        let whole = Array(#"{"a":["\ud83d\ude00\\",1.5e-3,{"b":null}],"c":"\u00e9"}"#.utf8)
        for _ in 0..<20_000 {
            var bytes = whole
            for _ in 0..<Int.random(in: 0...4, using: &random) {
                bytes[Int.random(in: bytes.indices, using: &random)] = UInt8.random(
                    in: 0...255, using: &random)
            }
            _ = try? JSONValue.parse(Array(bytes.prefix(Int.random(in: 0...64, using: &random))))
        }
    }
}
