import NATDashboard
import NATModel

/// `natdeck(8)`, written from the definitions of the subcommands and the key table.
///
/// Source: man(7) for the macros, groff_char(7) for the characters.
enum ManualPage {
    /// The page.
    static var text: String {
        guard let natdeck = HelpDump.natdeck() else { return "" }
        var page = Roff()
        page.line(".TH NATDECK 8 \"\" \"\(Version.text)\" \"System administration\"")
        page.section("NAME")
        page.line("natdeck \\- a dashboard for NAT boxes with several public addresses")
        page.section("SYNOPSIS")
        for command in natdeck.leaves { page.synopsis(command) }
        page.section("DESCRIPTION")
        page.text(natdeck.abstract ?? "")
        page.discussion(natdeck.discussion ?? "")
        page.section("COMMANDS")
        for command in natdeck.leaves {
            page.line(".SS \"\(Roff.escaped(command.fullName))\"")
            page.text(command.abstract ?? "")
            for argument in command.shown { page.argument(argument) }
            page.discussion(command.discussion ?? "")
        }
        page.section("KEYS")
        page.text("In the dashboard; every key is in the help of the place where it works, F1.")
        for (keys, meaning) in KeyTable.rows { page.item(keys, meaning) }
        page.section("EXIT STATUS")
        for (status, meaning) in statuses { page.item(status, meaning) }
        page.section("FILES")
        for (path, meaning) in files { page.item(path, meaning) }
        page.section("ENVIRONMENT")
        page.item("NO_COLOR", "where it is set, --color auto means never")
        page.item("LC_ALL, LC_CTYPE, LANG", "whether characters beyond ASCII are drawn")
        page.item(
            "TERM", "the kind of terminal; a type that terminfo does not know is taken for xterm")
        page.section("SEE ALSO")
        page.line(".BR ip\\-rule (8),")
        page.line(".BR ip\\-route (8),")
        page.line(".BR iptables (8),")
        page.line(".BR conntrack (8)")
        return page.text
    }

    private static let statuses = [
        ("0", "done, or nothing to do"), ("1", "failed, and rolled back"),
        ("2", "refused, nothing was touched"),
        ("3", "rollback incomplete, or not written down: what is left is listed"),
        ("4", "the box changed since the plan was made"), ("64", "usage"), ("77", "no permission"),
    ]

    private static let files = [
        (SavedAssignment.path, "the assignments as they were kept; people may edit it"),
        ("/run/natdeck/journal", "the change that is under way or waits for its keep"),
        ("/var/log/natdeck/history.jsonl", "every change and how it ended"),
        ("/etc/sysctl.d/90-natdeck.conf", "kernel parameters that natdeck setup has set"),
    ]
}

/// A manual page as it grows.
private struct Roff {
    private(set) var text = ""

    mutating func line(_ line: String) { text += line + "\n" }

    mutating func section(_ name: String) { line(".SH \(name)") }

    mutating func text(_ words: String) {
        if !words.isEmpty { line(Self.escaped(words)) }
    }

    /// A word and, indented below it, what it means.
    mutating func item(_ word: String, _ meaning: String) {
        line(".TP")
        line("\\fB\(Self.escaped(word))\\fR")
        text(meaning)
    }

    mutating func synopsis(_ command: HelpDump) {
        line(".SY \"\(Self.escaped(command.fullName))\"")
        for argument in command.shown {
            let name = argument.preferredName.map { "\\fB\(Self.escaped($0.typed))\\fR" }
            let value = argument.kind == "flag" ? nil : Self.value(argument)
            let words = [name, value].compactMap { $0 }.joined(separator: " ")
            let more = argument.isRepeating ? " ..." : ""
            line(argument.isOptional ? "[\(words)\(more)]" : words + more)
        }
        line(".YS")
    }

    mutating func argument(_ argument: HelpDump.Argument) {
        line(".TP")
        let names = (argument.names ?? []).map { "\\fB\(Self.escaped($0.typed))\\fR" }
        let value = argument.kind == "flag" ? "" : Self.value(argument)
        let typed = names.joined(separator: ", ")
        line([typed, value].filter { !$0.isEmpty }.joined(separator: " "))
        var meaning = argument.abstract ?? ""
        if let standard = argument.defaultValue, argument.kind == "option" {
            meaning += " Default: \(standard)."
        }
        text(meaning)
    }

    /// A text in paragraphs, in which indented lines are to be typed.
    mutating func discussion(_ discussion: String) {
        var isExample = false
        var isFirst = true
        for row in discussion.split(separator: "\n", omittingEmptySubsequences: false) {
            let wasExample = isExample
            isExample = row.hasPrefix("  ")
            if wasExample, !isExample { line(".EE\n.RE") }
            if isExample, !wasExample { line(".RS 4\n.EX") }
            if row.isEmpty || isFirst { line(".PP") }
            if !row.isEmpty {
                line(Self.escaped(isExample ? String(row.dropFirst(2)) : String(row)))
            }
            isFirst = false
        }
        if isExample { line(".EE\n.RE") }
    }

    private static func value(_ argument: HelpDump.Argument) -> String {
        "\\fI\(escaped(argument.valueName ?? "value"))\\fR"
    }

    /// The words as roff prints them, whatever they begin with.
    static func escaped(_ words: String) -> String {
        var escaped = ""
        for scalar in words.unicodeScalars {
            switch scalar {
            case "\\": escaped += "\\e"
            case "-": escaped += "\\-"
            case "\"": escaped += "\\(dq"
            case "'": escaped += "\\(aq"
            case "^": escaped += "\\(ha"
            case "~": escaped += "\\(ti"
            case "`": escaped += "\\(ga"
            case " "..."~": escaped.unicodeScalars.append(scalar)
            default:
                let digits = String(scalar.value, radix: 16, uppercase: true)
                escaped +=
                    "\\[u\(String(repeating: "0", count: max(4 - digits.count, 0)))\(digits)]"
            }
        }
        return escaped.hasPrefix(".") ? "\\&" + escaped : escaped
    }
}
