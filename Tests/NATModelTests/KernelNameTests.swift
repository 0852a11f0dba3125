import NATModel
import Testing

@Suite struct KernelNameTests {
    @Test(arguments: ["eth0", "eth0.100", "#x", "*", "!eth", "wlan-ü", "名前"])
    func `an ordinary name is its own text`(name: String) {
        #expect(KernelName.text(Array(name.utf8)) == name)
        #expect(KernelName.bytes(name) == Array(name.utf8))
    }

    @Test func `any bytes at all come back, and no two names have one text`() {
        var texts: [String: [UInt8]] = [:]
        var state: UInt64 = 7
        for round in 0..<20_000 {
            var name: [UInt8] = []
            for _ in 0...(round % 15) {
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                let byte = UInt8(truncatingIfNeeded: state >> 56)
                // Now and then the beginning of the characters that stand for bytes.
                name += round % 7 == 0 ? [0xf4, 0x8f, 0xb8 | byte & 7, byte] : [byte]
            }
            let text = KernelName.text(name)
            #expect(KernelName.bytes(text) == name)
            #expect(text.strippedOfControls == text)
            if let other = texts.updateValue(name, forKey: text) { #expect(other == name) }
        }
    }

    @Test func `an escape sequence is none in the text`() {
        let text = KernelName.text(Array("a\u{1b}[31m".utf8))
        #expect(!text.unicodeScalars.contains("\u{1b}"))
        #expect(text.hasPrefix("a") && text.hasSuffix("[31m"))
    }
}
