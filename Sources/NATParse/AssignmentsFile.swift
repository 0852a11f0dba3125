public import NATModel

/// `/etc/natdeck/assignments`: a source and its interface on each line, and an optional note.
///
/// People edit it too, so whatever is not changed stays byte for byte: comments, blank lines,
/// order and spacing.
public struct AssignmentsFile: Hashable, Sendable {
    private var lines: [Line]

    /// A line as it stands, and what it says.
    private struct Line: Hashable, Sendable {
        var text: String
        var assignment: SavedAssignment?
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

    /// The lines that were not understood. Nothing of the file was used.
    public struct Failure: Error, Hashable, Sendable {
        /// The lines, in order; never empty.
        public var lines: [BadLine]
    }

    /// A file that names nothing.
    public init() {
        lines = [Line(text: "# source           egress   note"), Line(text: "")]
    }

    /// Reads the file.
    public static func parse(_ bytes: [UInt8]) throws(Failure) -> AssignmentsFile {
        var file = AssignmentsFile()
        file.lines = []
        var bad: [BadLine] = []
        var numbers: [IPv4Prefix: Int] = [:]
        let pieces = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        for (number, piece) in zip(1..., pieces) {
            do throws(ParseError) {
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
        guard bad.isEmpty else { throw Failure(lines: bad) }
        return file
    }

    /// What the file keeps, in its order.
    public var assignments: [SavedAssignment] { lines.compactMap(\.assignment) }

    /// The file as text.
    public var text: String { lines.map(\.text).joined(separator: "\n") }

    /// Keeps that a source leaves by an interface: on its line, else on a new one at the end.
    public mutating func set(_ source: IPv4Prefix, egress: String) {
        let assignment = SavedAssignment(source: source, egress: egress)
        guard let index = lines.firstIndex(where: { $0.assignment?.source == source }) else {
            return append(assignment)
        }
        guard lines[index].assignment != assignment else { return }
        let text = lines[index].text
        let words = Self.words(of: text)
        guard words.count > 1 else { return }
        let old = words[1]
        var rest = text[old.endIndex...]
        // The note stays in its column where the names leave it room.
        var padding = old.utf8.count - egress.utf8.count
        if padding > 0, !rest.isEmpty {
            rest = "\(String(repeating: " ", count: padding))\(rest)"
        }
        while padding < 0, rest.hasPrefix("  ") {
            rest = rest.dropFirst()
            padding += 1
        }
        lines[index] = Line(
            text: "\(text[..<old.startIndex])\(egress)\(rest)", assignment: assignment)
    }

    /// Keeps nothing of a source any more.
    public mutating func remove(_ source: IPv4Prefix) {
        lines.removeAll { $0.assignment?.source == source }
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
        for assignment in present {
            let kept = before[assignment.source]
            guard assignment.isOwned || withForeign || kept != nil,
                let egress = assignment.egress, egress != kept
            else { continue }
            set(assignment.source, egress: egress)
            changes.append(
                kept.map { "~ \(assignment.source) \(egress) (was \($0))" }
                    ?? "+ \(assignment.source) \(egress)")
        }
        guard prunes else { return changes }
        let names = Set(present.map(\.source))
        for kept in assignments where !names.contains(kept.source) {
            remove(kept.source)
            changes.append("- \(kept.source) \(kept.egress)")
        }
        return changes
    }

    private mutating func append(_ assignment: SavedAssignment) {
        let name = assignment.source.description
        let padding = String(repeating: " ", count: max(1, 19 - name.utf8.count))
        let line = Line(text: name + padding + assignment.egress, assignment: assignment)
        // The last piece is empty where the last line ends as it should.
        if lines.last?.text == "" { lines.removeLast() }
        lines += [line, Line(text: "")]
    }

    /// The words of a line before its comment.
    private static func words(of text: String) -> [Substring] {
        var words: [Substring] = []
        // A carriage return and a line feed are one Character, but a lone one is white space.
        for word in text.split(whereSeparator: { $0 == " " || $0 == "\t" || $0 == "\r" }) {
            if word.hasPrefix("#") { break }
            words.append(word)
        }
        return words
    }

    private static func assignment(in text: String) throws(ParseError) -> SavedAssignment? {
        let words = words(of: text)
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
        // Source: dev_valid_name in net/core/dev.c; IFNAMSIZ is 16 with the final zero.
        guard name.utf8.count < 16, name != ".", name != "..", !name.contains("/"),
            !name.contains(":"), String(name).strippedOfControls == name
        else {
            throw ParseError("not the name of an interface", in: name)
        }
        return SavedAssignment(source: source, egress: String(name))
    }
}
