import NATModel

extension AssignmentsFile {
    /// A line as it stands, and what it says.
    struct Line: Hashable, Sendable {
        var text: String
        var assignment: NamedAssignment?

        /// The line with another egress; its note stays in its column where the names leave it
        /// room.
        func leaving(by egress: Egress) -> Line {
            guard let assignment, assignment.egress != egress,
                // It was understood when it was read.
                let words = try? FileWord.words(of: text), words.count > 1
            else { return self }
            let new = FileWord.spelling(of: egress.description)
            let old = words[1].place
            var rest = text[old.upperBound...]
            var padding = text.utf8.distance(from: old.lowerBound, to: old.upperBound)
            padding -= new.utf8.count
            if padding > 0, !rest.isEmpty {
                rest = "\(String(repeating: " ", count: padding))\(rest)"
            }
            while padding < 0, rest.hasPrefix("  ") {
                rest = rest.dropFirst()
                padding += 1
            }
            var moved = assignment
            moved.egress = egress
            return Line(text: "\(text[..<old.lowerBound])\(new)\(rest)", assignment: moved)
        }

        /// The line remembering these rules as those it stands instead of.
        func insteadOf(_ rules: [RoutingPolicyRule]) -> Line {
            var line = Line(
                text: TakenOverNote.line(
                    text, remembering: rules, withSources: assignment?.name.prefix == nil),
                assignment: assignment)
            line.assignment?.insteadOf = rules.isEmpty ? nil : rules
            return line
        }
    }
}
