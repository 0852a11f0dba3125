import Glibc
import NATModel

/// One line on standard error, `natdeck: what: why`, and the fix where there is one.
func complain(_ what: String, fix: String?) {
    var text = "natdeck: \(what.strippedOfControls)\n"
    if let fix { text += "  fix: \(fix.strippedOfControls)\n" }
    // What cannot be said on standard error cannot be said at all.
    text.withUTF8 { _ = write(STDERR_FILENO, $0.baseAddress, $0.count) }
}
