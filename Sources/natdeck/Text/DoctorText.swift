import NATDashboard
import NATDoctor
import NATScreen

/// The doctor's findings for people: what is wrong first, within 80 columns where words allow it.
struct DoctorText {
    let checks: [Check]
    /// Whether the locale has no other characters.
    let isASCII: Bool

    private static let width = 80

    var text: String {
        let failing = checks.filter { $0.status != .ok }
        let fine = checks.filter { $0.status == .ok }
        var lines = failing.flatMap(self.lines)
        if !failing.isEmpty { lines.append("") }
        lines += fine.flatMap { wrapped("\(sign($0.status)) \($0.title): ", $0.summary, indent: 4) }
        lines += [""] + wrapped("", count(failing), indent: 0)
        let text = lines.joined(separator: "\n") + "\n"
        guard isASCII else { return text }
        var plain = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            plain.append(scalar == "\n" ? scalar : scalar.asciiFallback)
        }
        return String(plain)
    }

    private func lines(of check: Check) -> [String] {
        let head = "\(sign(check.status)) \(check.title)"
        let gap = max(Self.width - head.cellWidth - check.id.cellWidth, 2)
        var lines = [head + String(repeating: " ", count: gap) + check.id]
        // A thousand hosts with the same fault are told by the first few.
        for finding in check.findings.prefix(5) { lines += wrapped("    read  ", finding) }
        if check.findings.count > 5 {
            lines += wrapped("          ", "and \(check.findings.count - 5) more")
        }
        lines += wrapped("    why   ", check.reason)
        if let fix = check.fix { lines += wrapped("    fix   ", fix) }
        return lines
    }

    private func wrapped(_ start: String, _ text: String, indent: Int = 10) -> [String] {
        (start + text).onOneLine.wrappedKeepingIndent(Self.width, indent: indent)
    }

    private func count(_ failing: [Check]) -> String {
        if failing.isEmpty { return "Nothing is wrong: \(checks.count) checks." }
        let counts = Check.Status.allCases.compactMap { status -> String? in
            let count = failing.count { $0.status == status }
            return count == 0 ? nil : "\(count) \(status.rawValue)"
        }
        return "\(checks.count) checks: \(counts.joined(separator: ", ")), the rest ok."
    }

    private func sign(_ status: Check.Status) -> String {
        if isASCII { return status == .ok ? "+" : status == .error ? "x" : status.sign }
        return status.sign
    }
}

extension String {
    /// Like `wrapped`, for a text that begins with spaces of its own.
    fileprivate func wrappedKeepingIndent(_ width: Int, indent: Int) -> [String] {
        let start = prefix { $0 == " " }
        let lines = dropFirst(start.count).wrapped(
            width - start.count, indent: indent - start.count)
        return lines.map { start + $0 }
    }
}
