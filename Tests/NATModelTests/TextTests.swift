import NATModel
import Testing

@Suite struct TextTests {
    @Test(arguments: [
        ("", ""), (" ", ""), ("eth0", "eth0"), ("  two words ", "two words"),
        ("\u{1b}[31mred\u{1b}[0m", "[31mred[0m"), ("\u{1b}]0;title\u{7}x", "]0;titlex"),
        ("a\u{9b}31mb", "a31mb"), ("a\u{85}b\u{7f}c", "abc"),
        ("user\u{202e}gnp.exe", "usergnp.exe"),
        ("a\u{2066}b\u{2069}c\u{200b}d\u{feff}e", "abcde"), ("two\r\nlines\tand", "two  lines and"),
        ("ünïcode – 東京 🛰", "ünïcode – 東京 🛰"), ("\n\n", ""), ("tag\u{e0041}ged", "tagged"),
    ])
    func `strips what would move the cursor or turn the line`(text: String, shown: String) {
        #expect(text.strippedOfControls == shown)
    }

    @Test(arguments: [
        (["ip", "rule"], "ip rule"), (["a b"], "'a b'"), ([""], "''"), (["it's"], "'it'\\''s'"),
        (["eth+", "a=b,c@d%e"], "eth+ a=b,c@d%e"), (["$HOME;rm"], "'$HOME;rm'"),
    ])
    func `quotes words for a POSIX shell`(words: [String], line: String) {
        #expect(Command(words).description == line)
    }
}
