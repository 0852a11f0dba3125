import Glibc
import NATScreen

extension Terminal {
    /// Asks the terminal to put a text into the clipboard; many do, also through SSH, some only
    /// when their settings allow it, and none answers.
    ///
    /// A text that is longer than terminals take is not sent.
    package func copyToClipboard(_ text: String) {
        guard text.utf8.count <= ClipboardText.mostBytes else { return }
        let outer = Multiplexer(
            tmux: Self.variable("TMUX"), screen: Self.variable("STY"), term: Self.variable("TERM"))
        send(Self.clipboardSequence(text, through: outer))
    }

    private static func variable(_ name: String) -> String? {
        getenv(name).map { String(cString: $0) }
    }

    /// What stands between this program and the terminal with the clipboard.
    package enum Multiplexer: Hashable, Sendable {
        /// Nothing, as far as can be seen.
        case none
        /// tmux(1).
        case tmux
        /// screen(1).
        case screen

        /// What these variables tell; through SSH only TERM arrives.
        package init(tmux: String?, screen: String?, term: String?) {
            if tmux != nil || term?.hasPrefix("tmux") == true {
                self = .tmux
            } else if screen != nil || term?.hasPrefix("screen") == true {
                self = .screen
            } else {
                self = .none
            }
        }
    }

    /// The bytes that carry a text into the clipboard.
    ///
    /// Through a multiplexer it is sent twice: plain for one that keeps a clipboard of its own (tmux
    /// with `set-clipboard on`), and wrapped for one that hands it on (tmux with
    /// `allow-passthrough on`). What it does not understand it drops.
    ///
    /// Source: xterm's `ctlseqs`, OSC 52; tmux(1); screen(1), "Virtual Terminal", `ESC P`.
    package static func clipboardSequence(
        _ text: String, through multiplexer: Multiplexer
    ) -> [UInt8] {
        let plain = Array("\u{1b}]52;c;\(base64(text.utf8))\u{7}".utf8)
        switch multiplexer {
        case .none: return plain
        case .tmux:
            // An escape inside is doubled; the base64 holds none.
            return plain + "\u{1b}Ptmux;\u{1b}".utf8 + plain + "\u{1b}\\".utf8
        case .screen:
            var bytes = plain
            var rest = plain[...]
            while !rest.isEmpty {
                bytes += Array("\u{1b}P".utf8) + rest.prefix(screenChunk) + Array("\u{1b}\\".utf8)
                rest = rest.dropFirst(screenChunk)
            }
            return bytes
        }
    }

    /// screen drops a string longer than its buffer: 256 bytes before version 4.2, 768 since.
    private static let screenChunk = 252

    /// Base64 of RFC 4648, with padding.
    static func base64(_ bytes: some Collection<UInt8>) -> String {
        let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
        var encoded: [UInt8] = []
        encoded.reserveCapacity((bytes.count + 2) / 3 * 4)
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
