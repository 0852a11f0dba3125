public import NATModel

/// `/etc/natdeck/assignments`: a source and its egress on each line, and an optional note.
///
/// An egress is an interface, one with addresses of it, or addresses, public or own, alone:
/// `eth1/10.0.2.6`, `203.0.113.196`.
///
/// People edit it too, so whatever is not changed stays byte for byte: comments, blank lines,
/// order and spacing. What stands in a word, and how a name of any characters is written, tells
/// `FileWord`.
public struct AssignmentsFile: Hashable, Sendable {
    private var lines: [Line]

    /// A line as it stands, and what it says.
    private struct Line: Hashable, Sendable {
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
        public var understood: [NamedAssignment]
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
        var numbers: [SourceName: Int] = [:]
        let pieces = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        file.lines.reserveCapacity(pieces.count)
        numbers.reserveCapacity(pieces.count)
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
                if let name = assignment?.name {
                    if let first = numbers[name] {
                        throw ParseError(
                            "\(name.description.strippedOfControls) is on line \(first) too", in: ""
                        )
                    }
                    numbers[name] = number
                }
                file.lines.append(Line(text: text, assignment: assignment))
            } catch {
                bad.append(BadLine(number: number, reason: error.description))
            }
        }
        guard bad.isEmpty else { throw Failure(lines: bad, understood: file.entries) }
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

    /// What the lines say, in their order.
    public var entries: [NamedAssignment] { lines.compactMap(\.assignment) }

    /// The names in it that somebody must be asked for.
    public var names: [SourceName] { entries.map(\.name).filter { $0.prefix == nil } }

    /// What the file keeps, in its order: each name as the hosts it stands for.
    ///
    /// Who is kept by its address is kept so, whatever names stand for it too; of two names the one
    /// that comes first counts.
    public func assignments(knowing names: [FollowedName] = []) -> [SavedAssignment] {
        let known = Dictionary(names.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        // Most files hold no names, and nobody's address is asked for then.
        var taken = known.isEmpty ? [] : Set(entries.compactMap(\.name.prefix))
        var result: [SavedAssignment] = []
        result.reserveCapacity(lines.count)
        for case let entry? in lines.lazy.map(\.assignment) {
            guard let prefix = entry.name.prefix else {
                for host in known[entry.name]?.hosts ?? [] {
                    let source = IPv4Prefix(host.address)
                    guard taken.insert(source).inserted else { continue }
                    let rules = entry.insteadOf?.filter { $0.source == source } ?? []
                    result.append(
                        SavedAssignment(
                            source: source, egress: entry.egress,
                            insteadOf: rules.isEmpty ? nil : rules, name: entry.name))
                }
                continue
            }
            result.append(
                SavedAssignment(source: prefix, egress: entry.egress, insteadOf: entry.insteadOf))
        }
        return result
    }

    /// The file as text.
    public var text: String { lines.map(\.text).joined(separator: "\n") }

    /// Keeps that a source leaves so: on its line, else on a new one at the end.
    public mutating func set(_ source: SourceName, egress: Egress) {
        record([(source, egress)])
    }

    /// Keeps nothing of a source any more.
    public mutating func remove(_ source: SourceName) { record([(source, nil)]) }

    /// Keeps that each of these sources leaves by its egress, or nothing of it where there is
    /// none.
    public mutating func record(_ changes: [(source: SourceName, egress: Egress?)]) {
        var wanted = Dictionary(changes, uniquingKeysWith: { _, last in last })
        let moving = remembered(goingWith: wanted)
        defer { remember(moving, among: changes.compactMap { $0.egress == nil ? nil : $0.source }) }
        var kept: [Line] = []
        kept.reserveCapacity(lines.count)
        for line in lines {
            guard let present = line.assignment,
                let change = wanted.removeValue(forKey: present.name)
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
                append(NamedAssignment(source, egress: egress))
            }
        }
    }

    /// What is remembered on lines that go, or come to be kept otherwise, with these changes.
    private func remembered(
        goingWith changes: [SourceName: Egress?]
    ) -> [RoutingPolicyRule] {
        lines.compactMap(\.assignment).flatMap { present -> [RoutingPolicyRule] in
            guard let rules = present.insteadOf, changes[present.name] == .some(nil) else {
                return []
            }
            return rules
        }
    }

    /// Remembers what stood on lines that have gone on those that keep the same from now on: on the
    /// host's own, else on that of the only name.
    private mutating func remember(_ rules: [RoutingPolicyRule], among sources: [SourceName]) {
        guard !rules.isEmpty else { return }
        let names = sources.filter { $0.prefix == nil }.uniqued()
        let named = names.count == 1 ? names.first : nil
        for rule in rules {
            guard let source = rule.source else { continue }
            let own = SourceName.prefix(source)
            guard let name = sources.contains(own) ? own : named else { continue }
            remember(takenOver: [rule], back: [], on: [source: name])
        }
    }

    /// Remembers the rules of the operator's own that were taken over, beside the sources they are
    /// for, and forgets those that are back.
    ///
    /// - Parameter names: the names by which sources are kept that have no line of their own.
    public mutating func remember(
        takenOver: [RoutingPolicyRule], back: [RoutingPolicyRule],
        on names: [IPv4Prefix: SourceName] = [:]
    ) {
        if takenOver.isEmpty, back.isEmpty { return }
        let sources = Set((takenOver + back).compactMap(\.source))
        for index in lines.indices {
            guard let present = lines[index].assignment else { continue }
            let own = present.name.prefix
            guard own.map(sources.contains) ?? true else { continue }
            var rules = (present.insteadOf ?? []).filter { !back.contains($0) }
            for rule in takenOver where !rules.contains(rule) {
                guard let source = rule.source,
                    own == source || own == nil && names[source] == present.name
                else { continue }
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
    /// - Parameter names: what names stand for; a host that one of them keeps is kept.
    /// - Returns: what changes, a line for each: `+` for new, `~` for moved, `-` for gone.
    public mutating func save(
        _ present: [Assignment], withForeign: Bool, prunes: Bool, knowing names: [FollowedName] = []
    ) -> [String] {
        let before = Dictionary(
            assignments(knowing: names).map { ($0.source, $0.egress) },
            uniquingKeysWith: { first, _ in first })
        var changes: [String] = []
        var wanted: [(source: SourceName, egress: Egress?)] = []
        for assignment in present {
            let kept = before[assignment.source]
            guard assignment.isOwned || withForeign || kept != nil,
                let egress = assignment.wanted, egress != kept
            else { continue }
            wanted.append((.prefix(assignment.source), egress))
            changes.append(
                kept.map { "~ \(assignment.source) \(egress) (was \($0))" }
                    ?? "+ \(assignment.source) \(egress)")
        }
        let sources = Set(present.map(\.source))
        // A name that stands for nobody now may stand for somebody tomorrow.
        for kept in assignments() where prunes && !sources.contains(kept.source) {
            wanted.append((.prefix(kept.source), nil))
            changes.append("- \(kept.source) \(kept.egress)")
        }
        record(wanted)
        return changes
    }

    private mutating func append(_ assignment: NamedAssignment) {
        let name = FileWord.spelling(of: assignment.name.description)
        let padding = String(repeating: " ", count: max(1, 19 - name.utf8.count))
        let egress = FileWord.spelling(of: assignment.egress.description)
        let line = Line(text: name + padding + egress, assignment: assignment)
        // The last piece is empty where the last line ends as it should.
        if lines.last?.text == "" { lines.removeLast() }
        lines += [line, Line(text: "")]
    }

    private static func assignment(in text: String) throws(ParseError) -> NamedAssignment? {
        let words = try FileWord.words(of: text).map(\.value)
        guard let first = words.first else { return nil }
        guard words.count == 2 else {
            throw ParseError(
                words.count == 1
                    ? "no interface after the source" : "more than a source and an interface",
                in: text)
        }
        let source = try SourceWord.name(first)
        guard let egress = Egress(words[1]),
            egress.interface.isEmpty && !egress.addresses.isEmpty && !words[1].hasPrefix("/")
                || FileWord.isInterfaceName(egress.interface)
        else {
            throw ParseError("not the name of an interface", in: words[1])
        }
        let rules = TakenOverNote.rules(in: text, of: source.prefix)
        return NamedAssignment(source, egress: egress, insteadOf: rules.isEmpty ? nil : rules)
    }
}
