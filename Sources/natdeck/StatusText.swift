import NATDoctor
import NATModel

/// `natdeck status` for people: aligned, and within 80 columns where the names allow it.
struct StatusText {
    let snapshot: Snapshot

    var text: String {
        ([[heading]] + [egress, assignments, rules, nat, problems])
            .filter { !$0.isEmpty }
            .map { $0.joined(separator: "\n") }
            .joined(separator: "\n\n") + "\n"
    }

    private var heading: String {
        let forwarding =
            switch snapshot.sysctl("net.ipv4.ip_forward") {
            case .some(0): "forwarding OFF"
            case .some: "forwarding on"
            case nil: "forwarding unknown"
            }
        let backends = (snapshot.nat.value ?? []).filter { $0.hasRules }.map(\.backend.rawValue)
        return ([snapshot.hostName, forwarding] + backends).joined(separator: "   ")
    }

    private var egress: [String] {
        let rows = snapshot.egressInterfaces.map { egress -> [String] in
            let name = egress.interface.name
            let hosts = snapshot.assignments.filter { $0.egress == name }.count
            return [
                name, egress.interface.state.rawValue,
                egress.interface.addresses.first?.address.description ?? "-",
                egress.publicAddresses.map { known in
                    known.isEmpty
                        ? "none" : known.map(\.address.description).joined(separator: ",")
                } ?? "unknown",
                egress.ownedTable.map(String.init) ?? "-",
                egress.masquerade.map { "\($0.packets)" } ?? "-", "\(hosts)",
            ]
        }
        return TextTable(
            ["EGRESS", "STATE", "PRIVATE", "PUBLIC", "TABLE", "NEW CONN", "ASSIGNED"],
            rightAligned: [5, 6]
        ).lines(rows)
    }

    private var assignments: [String] {
        let rows = snapshot.assignments.map { assignment -> [String] in
            [
                assignment.source.description, assignment.egress ?? "nowhere",
                seenAs(assignment.egress), "\(assignment.table)",
                assignment.isOwned ? "natdeck" : "foreign",
                assignment.isMasqueraded.map { $0 ? "yes" : "NO" } ?? "unknown",
            ]
        }
        guard !rows.isEmpty else {
            return snapshot.rules.value == nil ? [] : ["No host is assigned to an interface."]
        }
        return TextTable(["SOURCE", "EGRESS", "PUBLIC", "TABLE", "RULE BY", "NAT"]).lines(rows)
    }

    private func seenAs(_ egress: String?) -> String {
        egress.flatMap { snapshot.interface($0) }.flatMap { snapshot.publicAddresses(of: $0) }?
            .first?.address.description ?? "unknown"
    }

    private var rules: [String] {
        let rows = (snapshot.rules.value ?? []).map { rule in
            ["\(rule.priority)", rule.isOwned ? "natdeck" : "foreign", rule.words]
        }
        return rows.isEmpty
            ? [] : TextTable(["PRIORITY", "BY", "RULE"], rightAligned: [0]).lines(rows)
    }

    /// The rules that translate sources; the whole table is for the dashboard and for `--json`.
    private var nat: [String] {
        let rows = (snapshot.nat.value ?? []).flatMap { set in
            (set.chain("POSTROUTING")?.rules ?? []).filter(\.translatesSource).map { rule in
                [
                    "\(rule.packets)", "\(rule.bytes)", rule.target, rule.output, rule.source,
                    set.backend.rawValue, rule.extra,
                ]
            }
        }
        return rows.isEmpty
            ? []
            : TextTable(
                ["NEW CONN", "BYTES", "TARGET", "OUT", "SOURCE", "BACKEND", "EXTRA"],
                rightAligned: [0, 1]
            ).lines(rows)
    }

    private var problems: [String] {
        snapshot.problems.flatMap { problem in
            ["\(problem.severity.rawValue): \(problem.message)"]
                + (problem.fix.map { ["  fix: \($0)"] } ?? [])
        }
    }
}

/// Lays rows out in columns, two spaces apart.
struct TextTable {
    private let headings: [String]
    private let rightAligned: Set<Int>

    /// A table of these columns.
    init(_ headings: [String], rightAligned: Set<Int> = []) {
        self.headings = headings
        self.rightAligned = rightAligned
    }

    /// The heading and the rows, without trailing spaces.
    ///
    /// The last column is broken between words where a line would pass 80 columns.
    func lines(_ rows: [[String]]) -> [String] {
        let all = [headings] + rows
        let last = headings.count - 1
        let widths = headings.indices.map { column in
            all.map { $0[column].unicodeScalars.count }.max() ?? 0
        }
        let indent = widths.dropLast().reduce(0) { $0 + $1 + 2 }
        return all.flatMap { row -> [String] in
            var start = ""
            for (column, cell) in row.enumerated() where column != last {
                let padding = String(
                    repeating: " ", count: widths[column] - cell.unicodeScalars.count)
                start += (rightAligned.contains(column) ? padding + cell : cell + padding) + "  "
            }
            // A right-aligned last column holds figures, which are not broken.
            if rightAligned.contains(last) {
                start += String(repeating: " ", count: widths[last] - row[last].utf8.count)
                return [start + row[last]]
            }
            let broken = Self.broken(row[last], width: max(80 - indent, 20))
            return zip(0..., broken).map { number, text in
                Self.trimmed(
                    (number == 0 ? start : String(repeating: " ", count: indent)) + text)
            }
        }
    }

    private static func trimmed(_ line: String) -> String {
        String(line.reversed().drop { $0 == " " }.reversed())
    }

    private static func broken(_ text: String, width: Int) -> [String] {
        var lines = [""]
        for word in text.split(separator: " ") {
            let line = lines[lines.count - 1]
            if line.isEmpty {
                lines[lines.count - 1] = String(word)
            } else if line.unicodeScalars.count + 1 + word.unicodeScalars.count <= width {
                lines[lines.count - 1] += " " + word
            } else {
                lines.append(String(word))
            }
        }
        return lines
    }
}
