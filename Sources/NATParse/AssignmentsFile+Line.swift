import NATModel

extension AssignmentsFile {
    /// A line as it stands, and what it says.
    struct Line: Hashable, Sendable {
        var text: Substring
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
            return Line(text: "\(text[..<old.lowerBound])\(new)\(rest)"[...], assignment: moved)
        }

        /// The line remembering these rules as those it stands instead of.
        func insteadOf(_ rules: [RoutingPolicyRule]) -> Line {
            var line = Line(
                text: TakenOverNote.line(
                    text, remembering: rules, withSources: assignment?.name.prefix == nil)[...],
                assignment: assignment)
            line.assignment?.insteadOf = rules.isEmpty ? nil : rules
            return line
        }
    }
}

extension NamedAssignment {
    /// What a line says that is an address, blanks and a plain name, as nearly all are; `nil` for any
    /// other, which may be right all the same.
    ///
    /// It is made of the bytes at once: ten thousand lines are read for a change of one.
    init?(plain bytes: [UInt8], _ line: Range<Int>) {
        var place = line.lowerBound
        guard let source = IPv4Prefix(in: bytes, at: &place), source.length > 0 else { return nil }
        func skipBlanks() -> Bool {
            let start = place
            while place < line.upperBound, FileWord.isBlank(bytes[place]) { place += 1 }
            return place > start
        }
        guard skipBlanks() else { return nil }
        let name = place
        while place < line.upperBound, Self.isPlain(bytes[place]) { place += 1 }
        // What begins with a digit may be an address.
        guard (1..<16).contains(place - name), bytes[name] >= UInt8(ascii: "A") else { return nil }
        let interface = String(decoding: bytes[name..<place], as: UTF8.self)
        guard place == line.upperBound || skipBlanks() && place == line.upperBound else {
            return nil
        }
        self.init(.prefix(source), egress: Egress(interface))
    }

    /// Letters, digits, dots and hyphens.
    private static func isPlain(_ byte: UInt8) -> Bool {
        (0x61...0x7a).contains(byte) || (0x30...0x39).contains(byte)
            || (0x41...0x5a).contains(byte) || byte == UInt8(ascii: ".")
            || byte == UInt8(ascii: "-")
    }
}
