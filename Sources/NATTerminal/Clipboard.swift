import Glibc

extension Terminal {
    /// Asks the terminal to put a text into the clipboard; many do, also through SSH, some only
    /// when their settings allow it, and none answers.
    ///
    /// Source: xterm's `ctlseqs`, OSC 52; `tmux(1)`.
    package func copyToClipboard(_ text: String) {
        var sequence = "\u{1b}]52;c;\(Self.base64(text.utf8))\u{7}"
        // tmux takes the plain sequence with set-clipboard on, the wrapped with allow-passthrough.
        if getenv("TMUX") != nil { sequence += "\u{1b}Ptmux;\u{1b}\(sequence)\u{1b}\\" }
        send(sequence.utf8)
    }

    /// Base64 of RFC 4648, with padding.
    static func base64(_ bytes: some Collection<UInt8>) -> String {
        let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
        var encoded: [UInt8] = []
        var rest = bytes[...]
        while !rest.isEmpty {
            let group = Array(rest.prefix(3))
            rest = rest.dropFirst(3)
            let bits = group.reduce(0) { $0 << 8 | Int($1) } << (8 * (3 - group.count))
            for place in 0..<4 {
                let isPadding = place > group.count
                encoded.append(
                    isPadding ? UInt8(ascii: "=") : digits[bits >> (18 - 6 * place) & 63])
            }
        }
        return String(decoding: encoded, as: UTF8.self)
    }
}
