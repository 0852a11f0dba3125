public import NATModel

/// `/etc/natdeck/assignments`: a source and its interface on each line, and an optional note.
///
/// People edit it too, so whatever is not changed stays byte for byte: comments, blank lines,
/// order and spacing. What stands in a word, and how a name of any characters is written, tells
/// `FileWord`.
public struct AssignmentsFile: Hashable, Sendable {
    private var lines: [Line]

    /// A line as it stands, and what it says.
    private struct Line: Hashable, Sendable {
        var text: String
        var assignment: SavedAssignment?

        /// The line with another interface; its note stays in its column where the names leave it
        /// room.
        func leaving(by egress: String) -> Line {
            guard let assignment, assignment.egress != egress,
                // It was understood when it was read.
                let words = try? FileWord.words(of: text), words.count > 1
            else { return self }
            let new = FileWord.spelling(of: egress)
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
                text: TakenOverNote.line(text, remembering: rules), assignment: assignment)
            line.assignment?.insteadOf = rules.isEmpty ? nil : rules
            return line
        }
    }

    /// What a line says that cannot be meant.
    public struct BadLine: Hashable, Sendable, CustomStringConvertible {
        /// The line, counted from 1.
        public var number: Int
        /// What is wrong with it, in one sentence without a full stop.
        public var reason: String

        /// `/etc/natdeck/assignments:3: reason`.
        public var description: String { "\(SavedAssignment.path):\(number): \(reason)" }
    }

    /// The lines that were not understood, and what the others say.
    ///
    /// What a person meant by the file is not known, so nothing is changed by it; but what was
    /// agreed to before and still stands in it need not be given up.
    public struct Failure: Error, Hashable, Sendable {
        /// The lines, in order; never empty.
        public var lines: [BadLine]
        /// What the lines say that were understood, in order.
        public var understood: [SavedAssignment]
    }

    /// The most bytes a file may hold: some hundred thousand lines.
    public static let mostBytes = 8 << 20
    /// The most lines a file may have.
    public static let mostLines = 100_000
    /// The most bytes a line may have.
    public static let longestLine = 4096

    /// A file that names nothing.
    public init() {
        lines = [Line(text: "# source           egress   note"), Line(text: "")]
    }

    /// Reads the file.
    public static func parse(_ bytes: [UInt8]) throws(Failure) -> AssignmentsFile {
        if let reason = excess(bytes) {
            throw Failure(lines: [BadLine(number: 1, reason: reason)], understood: [])
        }
        var file = AssignmentsFile()
        file.lines = []
        var bad: [BadLine] = []
        var numbers: [IPv4Prefix: Int] = [:]
        let pieces = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        for (number, piece) in zip(1..., pieces) {
            do throws(ParseError) {
                guard piece.count <= longestLine else {
                    throw ParseError(
                        "the line has \(piece.count) bytes, more than \(longestLine)", in: "")
                }
                guard let text = String(validating: piece, as: UTF8.self) else {
                    throw ParseError("not UTF-8", in: "")
                }
                let assignment = try assignment(in: text)
                if let source = assignment?.source, let first = numbers[source] {
                    throw ParseError("\(source) is on line \(first) too", in: "")
                }
                if let source = assignment?.source { numbers[source] = number }
                file.lines.append(Line(text: text, assignment: assignment))
            } catch {
                bad.append(BadLine(number: number, reason: error.description))
            }
        }
        guard bad.isEmpty else { throw Failure(lines: bad, understood: file.assignments) }
        return file
    }

    /// Why a file is too large to be meant, before any line of it is looked at; `nil` where it is
    /// not.
    private static func excess(_ bytes: [UInt8]) -> String? {
        if let reason = excess(ofBytes: bytes.count) { return reason }
        let lines = bytes.count { $0 == UInt8(ascii: "\n") }
        guard lines > mostLines else { return nil }
        return "the file has \(lines) lines, and no more than \(mostLines) are read"
    }

    /// Why a file of so many bytes is too large; `nil` where it is not.
    public static func excess(ofBytes count: Int) -> String? {
        count > mostBytes
            ? "the file has \(count) bytes, and no more than \(mostBytes) are read" : nil
    }

    /// What the file keeps, in its order.
    public var assignments: [SavedAssignment] { lines.compactMap(\.assignment) }

    /// The file as text.
    public var text: String { lines.map(\.text).joined(separator: "\n") }

    /// Keeps that a source leaves by an interface: on its line, else on a new one at the end.
    public mutating func set(_ source: IPv4Prefix, egress: String) {
        record([(source, egress)])
    }

    /// Keeps nothing of a source any more.
    public mutating func remove(_ source: IPv4Prefix) { record([(source, nil)]) }

    /// Keeps that each of these sources leaves by its interface, or nothing of it where there is
    /// none.
    public mutating func record(_ changes: [(source: IPv4Prefix, egress: String?)]) {
        var wanted = Dictionary(changes, uniquingKeysWith: { _, last in last })
        var kept: [Line] = []
        kept.reserveCapacity(lines.count)
        for line in lines {
            guard let present = line.assignment,
                let change = wanted.removeValue(forKey: present.source)
            else {
                kept.append(line)
                continue
            }
            if let egress = change { kept.append(line.leaving(by: egress)) }
        }
        lines = kept
        // In the order in which they were wanted.
        for (source, _) in changes {
            if case .some(.some(let egress)) = wanted.removeValue(forKey: source) {
                append(SavedAssignment(source: source, egress: egress))
            }
        }
    }

    /// Remembers the rules of the operator's own that were taken over, beside the sources they are
    /// for, and forgets those that are back.
    public mutating func remember(
        takenOver: [RoutingPolicyRule], back: [RoutingPolicyRule]
    ) {
        let sources = Set((takenOver + back).compactMap(\.source))
        for index in lines.indices {
            guard let present = lines[index].assignment, sources.contains(present.source) else {
                continue
            }
            var rules = (present.insteadOf ?? []).filter { !back.contains($0) }
            for rule in takenOver where rule.source == present.source && !rules.contains(rule) {
                rules.append(rule)
            }
            if rules != present.insteadOf ?? [] { lines[index] = lines[index].insteadOf(rules) }
        }
    }

    /// Makes the file keep what is assigned now.
    ///
    /// A source whose table has lost its interface for the moment stays as it was kept.
    ///
    /// - Parameter prunes: whether what is not assigned any more goes. That may be a rule that was
    ///   lost, so it goes by wish alone.
    /// - Returns: what changes, a line for each: `+` for new, `~` for moved, `-` for gone.
    public mutating func save(
        _ present: [Assignment], withForeign: Bool, prunes: Bool
    ) -> [String] {
        let before = Dictionary(
            assignments.map { ($0.source, $0.egress) }, uniquingKeysWith: { first, _ in first })
        var changes: [String] = []
        var wanted: [(source: IPv4Prefix, egress: String?)] = []
        for assignment in present {
            let kept = before[assignment.source]
            guard assignment.isOwned || withForeign || kept != nil,
                let egress = assignment.egress, egress != kept
            else { continue }
            wanted.append((assignment.source, egress))
            changes.append(
                kept.map { "~ \(assignment.source) \(egress) (was \($0))" }
                    ?? "+ \(assignment.source) \(egress)")
        }
        let names = Set(present.map(\.source))
        for kept in assignments where prunes && !names.contains(kept.source) {
            wanted.append((kept.source, nil))
            changes.append("- \(kept.source) \(kept.egress)")
        }
        record(wanted)
        return changes
    }

    private mutating func append(_ assignment: SavedAssignment) {
        let name = assignment.source.description
        let padding = String(repeating: " ", count: max(1, 19 - name.utf8.count))
        let egress = FileWord.spelling(of: assignment.egress)
        let line = Line(text: name + padding + egress, assignment: assignment)
        // The last piece is empty where the last line ends as it should.
        if lines.last?.text == "" { lines.removeLast() }
        lines += [line, Line(text: "")]
    }

    private static func assignment(in text: String) throws(ParseError) -> SavedAssignment? {
        let words = try FileWord.words(of: text).map(\.value)
        guard let first = words.first else { return nil }
        guard words.count == 2 else {
            throw ParseError(
                words.count == 1
                    ? "no interface after the source" : "more than a source and an interface",
                in: text)
        }
        guard let source = IPv4Prefix(first) else {
            if let (address, length) = IPv4Prefix.split(first) {
                let network = IPv4Prefix(address, length: length).network
                throw ParseError(
                    "host bits are set beyond /\(length), say \(network)/\(length) or \(address)",
                    in: first)
            }
            throw ParseError("not an IPv4 address or prefix", in: first)
        }
        guard source.length > 0 else {
            throw ParseError("that is every host and the box itself", in: first)
        }
        let name = words[1]
        guard FileWord.isInterfaceName(name) else {
            throw ParseError("not the name of an interface", in: name)
        }
        let rules = TakenOverNote.rules(in: text, of: source)
        return SavedAssignment(
            source: source, egress: name, insteadOf: rules.isEmpty ? nil : rules)
    }
}
