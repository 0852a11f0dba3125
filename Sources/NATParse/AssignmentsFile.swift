public import NATModel

/// `/etc/natdeck/assignments`: a source and its egress on each line, and an optional note.
///
/// An egress is an interface, one with addresses of it, or addresses, public or own, alone:
/// `eth1/10.0.2.6`, `203.0.113.196`.
///
/// People edit it too, so whatever is not changed stays byte for byte: comments, blank lines,
/// order and spacing. What stands in a word, and how a name of any characters is written, tells
/// `FileWord`.
public struct AssignmentsFile: Sendable {
    var lines: [Line]
    /// Where the line of each name stands, as the file was read; `nil` where lines have come or gone
    /// since.
    var places: [SourceName: Int]?

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
        var places: [SourceName: Int] = [:]
        let pieces = lines(of: bytes)
        let whole = String(validating: bytes, as: UTF8.self)
        file.lines.reserveCapacity(pieces.count)
        places.reserveCapacity(pieces.count)
        for (place, piece) in pieces.enumerated() {
            do throws(ParseError) {
                guard piece.count <= longestLine else {
                    throw ParseError(
                        "the line has \(piece.count) bytes, more than \(longestLine)", in: "")
                }
                guard let text = text(of: piece, whole, bytes) else {
                    throw ParseError("not UTF-8", in: "")
                }
                let plain = NamedAssignment(plain: bytes, piece)
                let assignment = if let plain { plain } else { try Self.assignment(in: text) }
                if let name = assignment?.name,
                    let first = places.updateValue(place, forKey: name)
                {
                    places[name] = first
                    throw ParseError(
                        "\(name.description.strippedOfControls) is on line \(first + 1) too",
                        in: "")
                }
                file.lines.append(Line(text: text, assignment: assignment))
            } catch {
                bad.append(BadLine(number: place + 1, reason: error.description))
            }
        }
        guard bad.isEmpty else { throw Failure(lines: bad, understood: file.entries) }
        file.places = places
        return file
    }

    /// Where the lines are, the last of which has no end.
    private static func lines(of bytes: [UInt8]) -> [Range<Int>] {
        var lines: [Range<Int>] = []
        var start = 0
        for (place, byte) in bytes.enumerated() where byte == UInt8(ascii: "\n") {
            lines.append(start..<place)
            start = place + 1
        }
        return lines + [start..<bytes.count]
    }

    /// A line as a piece of the whole text, of which there is none where anything in it is not UTF-8.
    private static func text(
        of line: Range<Int>, _ whole: String?, _ bytes: [UInt8]
    ) -> Substring? {
        guard let whole else {
            return String(validating: bytes[line], as: UTF8.self).map { $0[...] }
        }
        let start = whole.utf8.index(whole.startIndex, offsetBy: line.lowerBound)
        return whole[start..<whole.utf8.index(start, offsetBy: line.count)]
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
    public var names: [SourceName] {
        lines.lazy.compactMap(\.assignment?.name).filter { $0.prefix == nil }
    }

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
    public var text: String {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(lines.count * 32)
        for (place, line) in lines.enumerated() {
            if place > 0 { bytes.append(UInt8(ascii: "\n")) }
            // Nearly all lines are pieces of the file as it was read, and stand there in one piece.
            let isWhole: Void? = line.text.utf8.withContiguousStorageIfAvailable {
                bytes.append(contentsOf: $0)
            }
            if isWhole == nil { bytes.append(contentsOf: line.text.utf8) }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// What a line says, word by word.
    static func assignment(in text: Substring) throws(ParseError) -> NamedAssignment? {
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

extension AssignmentsFile: Hashable {
    /// Whether both say the same in the same characters.
    public static func == (left: Self, right: Self) -> Bool { left.lines == right.lines }

    /// What they say, and how.
    public func hash(into hasher: inout Hasher) { hasher.combine(lines) }
}
