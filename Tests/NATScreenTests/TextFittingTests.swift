import NATScreen
import Testing

@Suite struct TextFittingTests {
    @Test func `text is padded or cut to an exact width`() {
        #expect("abc".fitted(5) == "abc  ")
        #expect("abc".fitted(5, .right) == "  abc")
        #expect("abcdef".fitted(4) == "abc…")
        #expect("世界世界".fitted(4) == "世… ")
        #expect("abc".fitted(0).isEmpty)
    }

    @Test func `wrapping loses no word and no line is too long`() {
        let text = "ip rule add from 172.31.26.175 lookup 20001 averyveryverylongword x"
        for width in 1..<80 {
            let lines = text.wrapped(width, indent: 2)
            #expect(lines.allSatisfy { $0.cellWidth <= width })
            let joined = lines.joined().filter { $0 != " " }
            #expect(joined == text.filter { $0 != " " })
        }
    }
}
