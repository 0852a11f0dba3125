/// Bounds on what is put into a terminal's clipboard.
package enum ClipboardText {
    /// The longest text, in bytes.
    ///
    /// Terminals that bound OSC 52 take 100,000 bytes of it in all; base64 makes four of three.
    package static let mostBytes = 74_994
}
