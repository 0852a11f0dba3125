import NATScreen
import NATTerminal
import Testing

/// What a terminal sends, and what it means. No terminal is needed.
struct InputDecoderTests {
    /// Decodes text in one piece and byte by byte, which must not differ.
    private func decode(_ text: String, expiring: Bool = true) -> [InputDecoder.Input] {
        decode(Array(text.utf8), expiring: expiring)
    }

    private func decode(_ bytes: [UInt8], expiring: Bool = true) -> [InputDecoder.Input] {
        var whole = InputDecoder(isUTF8: true)
        whole.feed(bytes)
        if expiring { whole.expire() }
        var inputs: [InputDecoder.Input] = []
        while let input = whole.next() { inputs.append(input) }

        var split = InputDecoder(isUTF8: true)
        var splitInputs: [InputDecoder.Input] = []
        for byte in bytes {
            split.feed([byte])
            while let input = split.next() { splitInputs.append(input) }
        }
        if expiring { split.expire() }
        while let input = split.next() { splitInputs.append(input) }
        #expect(inputs == splitInputs)
        return inputs
    }

    @Test(
        arguments: [
            // xterm, screen and tmux, in application and in normal mode.
            ("\u{1b}OA", .up), ("\u{1b}[A", .up), ("\u{1b}[B", .down), ("\u{1b}OC", .right),
            ("\u{1b}[D", .left), ("\u{1b}OH", .home), ("\u{1b}[H", .home), ("\u{1b}OF", .end),
            ("\u{1b}[F", .end), ("\u{1b}[1~", .home), ("\u{1b}[4~", .end), ("\u{1b}[5~", .pageUp),
            ("\u{1b}[6~", .pageDown), ("\u{1b}[3~", .delete), ("\u{1b}[Z", .backTab),
            // rxvt.
            ("\u{1b}[7~", .home), ("\u{1b}[8~", .end),
            // With Ctrl or Shift held: the same movement.
            ("\u{1b}[1;5A", .up), ("\u{1b}[1;2B", .shiftDown), ("\u{1b}[5;5~", .pageUp),
            // Function keys of xterm, the VT220 and the Linux console.
            ("\u{1b}OP", .function(1)), ("\u{1b}OS", .function(4)), ("\u{1b}[11~", .function(1)),
            ("\u{1b}[[A", .function(1)), ("\u{1b}[[E", .function(5)), ("\u{1b}[15~", .function(5)),
            ("\u{1b}[17~", .function(6)), ("\u{1b}[18~", .function(7)),
            ("\u{1b}[19~", .function(8)), ("\u{1b}[20~", .function(9)),
            ("\u{1b}[21~", .function(10)), ("\u{1b}[23~", .function(11)),
            ("\u{1b}[24~", .function(12)),
            ("\u{7f}", .backspace), ("\u{8}", .backspace), ("\t", .tab), ("\r", .enter),
            ("\n", .enter), ("\u{1b}OM", .enter), ("\u{3}", .control("c")),
            ("\u{1a}", .control("z")), ("\u{c}", .control("l")), ("\u{1b}", .escape),
            (" ", .character(" ")), ("~", .character("~")), ("é", .character("é")),
            ("東", .character("東")), ("\u{1b}Op", .character("0")), ("\u{1b}Ok", .character("+")),
        ] as [(String, Key)])
    func `a key's sequence is that key`(sequence: String, key: Key) {
        #expect(decode(sequence) == [.key(key)])
        // Nothing is left over for the next key; Escape with a key is Alt, and nothing.
        let both = decode(sequence + "j")
        #expect(both == (key == .escape ? [] : [.key(key), .key(.character("j"))]))
    }

    @Test(arguments: [
        "\u{1b}[99~", "\u{1b}[38;5;1m", "\u{1b}[?1;2c", "\u{1b}[>0;276;0c", "\u{1b}[12;40R",
        "\u{1b}[I", "\u{1b}[O", "\u{1b}[M !!", "\u{1b}]11;rgb:0/0/0\u{7}",
        "\u{1b}]11;rgb:0/0/0\u{1b}\\", "\u{1b}P1+r544e\u{1b}\\", "\u{1b}Oz", "\u{1b}[1;2P",
        "\u{1b}[3;5~", "\u{1b}[97;5u", "\u{1b}j", "\u{1b}y", "\u{1b}é", "\u{1b}\u{1b}[A", "\u{1b}[",
        "\u{1b}[1;", "\u{1b}]0;", "\u{1b}[201~", "\u{1b}[200x", "\u{0}", "\u{1c}",
    ])
    func `what is not known is swallowed whole`(sequence: String) {
        #expect(decode(sequence).isEmpty)
    }

    @Test(arguments: [
        ("\u{1b}[<0;10;20M", MouseEvent(.press, column: 9, row: 19)),
        ("\u{1b}[<64;1;1M", MouseEvent(.wheelUp, column: 0, row: 0)),
        ("\u{1b}[<65;200;60M", MouseEvent(.wheelDown, column: 199, row: 59)),
    ])
    func `a report of the mouse is an event`(sequence: String, event: MouseEvent) {
        #expect(decode(sequence) == [.mouse(event)])
        #expect(decode(sequence + "j") == [.mouse(event), .key(.character("j"))])
        #expect(decode("\u{1b}" + sequence).isEmpty)
    }

    @Test(arguments: [
        // Releases, other buttons, motion, and a click with Shift, Alt or Ctrl.
        "\u{1b}[<0;10;20m", "\u{1b}[<1;1;1M", "\u{1b}[<2;1;1M", "\u{1b}[<32;1;1M",
        "\u{1b}[<35;1;1M", "\u{1b}[<4;1;1M", "\u{1b}[<8;1;1M", "\u{1b}[<16;1;1M",
        "\u{1b}[<66;1;1M",
        // Not whole, or not a number, or no place.
        "\u{1b}[<0;10M", "\u{1b}[<0;10;M", "\u{1b}[<;;M", "\u{1b}[<M", "\u{1b}[<0;0;1M",
        "\u{1b}[<0;1;0M", "\u{1b}[<0;-1;1M", "\u{1b}[<0;+1;1M", "\u{1b}[<0;1;1;1M",
        "\u{1b}[<0;1:2;1M", "\u{1b}[<0;99999999999999999999;1M", "\u{1b}[<0;1;1", "\u{1b}[0;1;1M",
        "\u{1b}[?0;1;1M", "\u{1b}[<0;1<;1M", "\u{1b}[<0;1;1~",
    ])
    func `a report that is not acted on, or not whole, is swallowed`(sequence: String) {
        #expect(decode(sequence).isEmpty)
    }

    @Test func `bytes that are no UTF-8 are dropped and do not take a key along`() {
        #expect(decode([0xff, 0xc3, 0x6a]) == [.key(.character("j"))])
        #expect(decode([0xe6, 0x9d, 0x1b, 0x5b, 0x41]) == [.key(.up)])
        // A C1 control, an overlong slash and a surrogate.
        #expect(decode([0xc2, 0x9b, 0xc0, 0xaf, 0xed, 0xa0, 0x80]).isEmpty)
    }

    @Test func `a terminal without UTF-8 sends ASCII only`() {
        var decoder = InputDecoder(isUTF8: false)
        decoder.feed([0xe9, 0x6a])
        #expect(decoder.next() == .key(.character("j")))
        #expect(decoder.next() == nil)
    }

    @Test func `a lone escape waits until nothing follows`() {
        var decoder = InputDecoder(isUTF8: true)
        decoder.feed([0x1b])
        #expect(decoder.next() == nil)
        #expect(decoder.patienceMilliseconds == 25)
        decoder.expire()
        #expect(decoder.next() == .key(.escape))
        #expect(decoder.patienceMilliseconds == nil)
    }

    @Test func `a held escape key is as many escapes`() {
        #expect(decode("\u{1b}\u{1b}\u{1b}") == Array(repeating: .key(.escape), count: 3))
    }

    @Test func `Ctrl-C answers in the middle of any sequence`() {
        for start in ["\u{1b}", "\u{1b}[1;", "\u{1b}O", "\u{1b}]0;x", "\u{1b}P"] {
            #expect(decode(start + "\u{3}") == [.key(.control("c"))])
        }
    }

    @Test func `a sequence cut off is forgotten in time`() {
        var decoder = InputDecoder(isUTF8: true)
        decoder.feed(Array("\u{1b}P".utf8))
        decoder.expire()
        decoder.feed(Array("j".utf8))
        #expect(decoder.next() == .key(.character("j")))
    }

    @Test func `an endless string does not grow`() {
        let keys = decode("\u{1b}]" + String(repeating: "x", count: 1000))
        #expect(!keys.contains(.key(.escape)))
    }

    @Test func `a paste is one event on one line without controls`() {
        let sent = "\u{1b}[200~one\r\ntwo\t\u{1b}[31mred\u{7}\u{202e}\u{9b}é\u{1b}[201~q"
        #expect(decode(sent) == [.paste("one  two 31mredé"), .key(.character("q"))])
    }

    @Test func `an empty paste is nothing`() {
        #expect(decode("\u{1b}[200~\u{1b}[201~").isEmpty)
    }

    @Test func `a paste that never ends is given up with what there was`() {
        #expect(decode("\u{1b}[200~half") == [.paste("half")])
        #expect(decode("\u{1b}[200~half", expiring: false).isEmpty)
    }

    @Test func `a paste is bounded and its rest does not leak`() {
        var decoder = InputDecoder(isUTF8: true)
        decoder.feed(Array("\u{1b}[200~".utf8))
        decoder.feed(repeatElement(UInt8(ascii: "x"), count: 1_000_000))
        decoder.feed(Array("\u{1b}[201~j".utf8))
        #expect(decoder.next() == .paste(String(repeating: "x", count: 65536)))
        #expect(decoder.next() == .key(.character("j")))
        #expect(decoder.next() == nil)
    }

    @Test func `random bytes neither crash nor escape their bounds`() {
        var state: UInt64 = 1
        var decoder = InputDecoder(isUTF8: true)
        for _ in 0..<200_000 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            decoder.feed([UInt8(truncatingIfNeeded: state >> 33)])
            if state >> 58 == 0 { decoder.expire() }
            if case .key(.character(let scalar)) = decoder.next() { #expect(scalar.value >= 0x20) }
        }
    }
}
