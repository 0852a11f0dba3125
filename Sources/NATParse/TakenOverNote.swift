import NATModel

/// The end of a line of the file of assignments that remembers which rules of the operator's own
/// were taken over, so that they can come back: `# instead of: pref 32765 lookup 106`. On a line with a
/// name each says for which host it is: `# instead of: from 10.0.0.7 pref 32765 lookup 106`.
///
/// It is a note like any other to whoever does not know it, and goes with its line.
enum TakenOverNote {
    private static let mark = "# instead of: "

    /// The rules that a line remembers; none where it has no such note.
    ///
    /// - Parameter source: the source the line is for; `nil` where that is a name.
    static func rules(in line: Substring, of source: IPv4Prefix?) -> [RoutingPolicyRule] {
        guard let start = start(in: line) else { return [] }
        let texts = line[start.upperBound...].split(separator: ",")
        let rules = texts.compactMap { rule($0, source) }
        // Somebody has written something else there, which is then a note.
        return rules.count == texts.count ? rules : []
    }

    /// The line with a note of these rules in place of the one it has.
    static func line(
        _ line: Substring, remembering rules: [RoutingPolicyRule], withSources: Bool
    ) -> String {
        var text = line
        if let start = start(in: line) { text = line[..<start.lowerBound] }
        let isEnded = line.hasSuffix("\r")
        while let last = text.utf8.last, last == 0x20 || last == 0x09 || last == 0x0d {
            text = text.dropLast()
        }
        guard !rules.isEmpty else { return text + (isEnded ? "\r" : "") }
        let words = rules.map { rule in
            (withSources ? rule.source.map { "from \($0) " } ?? "" : "")
                + "pref \(rule.priority) lookup \(rule.table ?? 0)"
                + (rule.protocolNumber.map { " protocol \($0)" } ?? "")
        }
        return text + "   " + mark + words.joined(separator: ", ") + (isEnded ? "\r" : "")
    }

    private static func start(in line: Substring) -> Range<String.Index>? {
        // Ten thousand lines have no such note, and one byte tells.
        line.utf8.contains(UInt8(ascii: "#")) ? line.ranges(of: mark).last : nil
    }

    private static func rule(_ text: Substring, _ source: IPv4Prefix?) -> RoutingPolicyRule? {
        var words = text.split { $0 == " " || $0 == "\t" || $0 == "\r" }[...]
        var source = source
        if source == nil {
            guard words.first == "from", words.count > 1 else { return nil }
            source = IPv4Prefix(words[1])
            words = words.dropFirst(2)
        }
        words = ArraySlice(Array(words))
        guard let source else { return nil }
        guard words.count == 4 || words.count == 6 && words[4] == "protocol",
            words[0] == "pref", words[2] == "lookup", let priority = Int(words[1]),
            let table = Int(words[3])
        else { return nil }
        let number = words.count == 6 ? Int(words[5]) : nil
        guard words.count == 4 || number != nil, number != Ownership.protocolNumber else {
            return nil
        }
        return RoutingPolicyRule(
            priority: priority, source: source, action: .lookup(table: table),
            protocolNumber: number)
    }
}
