public import NATModel

/// The reply of `iptables -t nat -nvxL`, which both backends print alike. See iptables(8).
///
/// With `-x` the counters are exact; without it they would be rounded to K, M and G.
public enum NATListing {
    /// The command whose reply this reads, for a program such as `iptables-nft`.
    public static func command(_ program: String) -> Command {
        Command(program, "-t", "nat", "-nvxL")
    }

    /// The chains in the order they are printed.
    public static func parse(_ reply: [UInt8]) throws(ParseError) -> [NATChain] {
        var chains: [NATChain] = []
        // Whether the row before ended within a comment.
        var isOpen = false
        var start = reply.startIndex
        while start < reply.endIndex {
            let end = reply[start...].firstIndex(of: .lineEnd) ?? reply.endIndex
            let line = reply[start..<end]
            start = end + 1
            try take(line, into: &chains, isOpen: &isOpen)
        }
        if isOpen, let row = chains.last?.rules.last {
            throw ParseError("a comment without an end", in: row.extra)
        }
        return chains
    }

    private static func take(
        _ line: ArraySlice<UInt8>, into chains: inout [NATChain], isOpen: inout Bool
    ) throws(ParseError) {
        // A comment may hold line ends, which iptables prints as they are; what stands on such a
        // line is no chain and no rule, whatever it looks like.
        if isOpen, let last = chains.indices.last,
            let lastRule = chains[last].rules.indices.last
        {
            let text = line.text
            if !text.isEmpty { chains[last].rules[lastRule].extra += " " + text }
            isOpen = endsInComment(chains[last].rules[lastRule])
            return
        }
        if line.isEmpty || line.isHeading { return }
        if line.starts(with: "Chain ".utf8) {
            chains.append(try chain(line))
            return
        }
        guard let last = chains.indices.last, let rule = rule(line) else { throw .unread(line) }
        isOpen = endsInComment(rule)
        chains[last].rules.append(rule)
    }

    /// Whether a row ends within a comment, which then goes on in the next line.
    private static func endsInComment(_ rule: NATRule) -> Bool {
        var text = rule.extra.utf8[...]
        // LOG and NFLOG quote a prefix of any text, quotes too, behind the comment.
        if rule.target.hasSuffix("LOG"), let prefix = text.lastRange(of: "prefix \""),
            text.last == UInt8(ascii: "\"")
        {
            text = text[..<prefix.lowerBound]
        }
        while let index = text.firstIndex(where: { $0 == .quote || $0 == .slash }) {
            let isFirst = index == text.startIndex || text[text.index(before: index)] == .space
            if text[index] == .quote, let end = text[index...].endOfQuoted {
                // Text that is searched for, such as `STRING match "/*"`.
                text = text[end...]
            } else if isFirst, text[index...].starts(with: "/*".utf8) {
                guard let end = text[index...].firstRange(of: "*/") else { return true }
                text = text[end.upperBound...]
            } else {
                text = text[text.index(after: index)...]
            }
        }
        return false
    }

    /// `Chain POSTROUTING (policy ACCEPT 0 packets, 0 bytes)` or `Chain DOCKER (2 references)`.
    private static func chain(_ line: ArraySlice<UInt8>) throws(ParseError) -> NATChain {
        let words = line.text.split(separator: " ")
        if words.count == 8, words[2] == "(policy", let packets = UInt64(words[4]),
            let bytes = UInt64(words[6])
        {
            return NATChain(
                name: String(words[1]), policy: String(words[3]), packets: packets, bytes: bytes)
        }
        if words.count == 4, words[2].hasPrefix("("), let references = Int(words[2].dropFirst()) {
            return NATChain(name: String(words[1]), references: references)
        }
        throw ParseError("not a chain", in: line.text)
    }

    /// A row, or `nil` where the line is none.
    ///
    /// `pkts bytes target prot opt in out source destination extra`; the target column is blank
    /// where a rule has no target, and the extra text is free.
    private static func rule(_ line: ArraySlice<UInt8>) -> NATRule? {
        var fields = Fields(rest: line)
        guard let packets = fields.number(), let bytes = fields.number() else { return nil }
        // One space, then the target in nine columns: another space means that it is blank.
        fields.rest = fields.rest.dropFirst()
        let target = fields.rest.first == .space ? "" : fields.word()
        guard let target, let proto = fields.word(), let options = fields.word(),
            let input = fields.word(), let output = fields.word(), let source = fields.word(),
            let destination = fields.word()
        else { return nil }
        return NATRule(
            packets: packets, bytes: bytes, target: target, proto: proto, options: options,
            input: input, output: output, source: source, destination: destination,
            extra: fields.remainder())
    }

    /// Takes words off the front of a line.
    private struct Fields {
        var rest: ArraySlice<UInt8>

        mutating func word() -> String? {
            guard let start = rest.firstIndex(where: { $0 != .space }) else { return nil }
            let end = rest[start...].firstIndex(of: .space) ?? rest.endIndex
            let word = rest[start..<end]
            rest = rest[end...]
            return word.text
        }

        mutating func number() -> UInt64? {
            guard let start = rest.firstIndex(where: { $0 != .space }) else { return nil }
            var number: UInt64 = 0
            var index = start
            while index < rest.endIndex, case let byte = rest[index], byte != .space {
                guard (48...57).contains(byte) else { return nil }
                let (tens, isTooLarge) = number.multipliedReportingOverflow(by: 10)
                let (sum, isTooLargeToo) = tens.addingReportingOverflow(UInt64(byte - 48))
                if isTooLarge || isTooLargeToo { return nil }
                number = sum
                index += 1
            }
            rest = rest[index...]
            return number
        }

        mutating func remainder() -> String {
            guard let start = rest.firstIndex(where: { $0 != .space }),
                let end = rest.lastIndex(where: { $0 != .space })
            else { return "" }
            return rest[start...end].text
        }
    }
}

extension UInt8 {
    fileprivate static let lineEnd = UInt8(ascii: "\n")
    fileprivate static let space = UInt8(ascii: " ")
    fileprivate static let quote = UInt8(ascii: "\"")
    fileprivate static let slash = UInt8(ascii: "/")
}

extension Substring.UTF8View {
    /// Where the quoted text it begins with ends; `nil` where the quote is not closed.
    fileprivate var endOfQuoted: Index? {
        var isEscaped = false
        for index in indices.dropFirst() {
            if !isEscaped, self[index] == .quote { return self.index(after: index) }
            isEscaped = !isEscaped && self[index] == UInt8(ascii: "\\")
        }
        return nil
    }

    /// Where `needle` stands first.
    fileprivate func firstRange(of needle: String) -> Range<Index>? {
        let needle = Array(needle.utf8)
        return indices.lazy.compactMap { start in
            self[start...].starts(with: needle)
                ? start..<index(start, offsetBy: needle.count) : nil
        }.first
    }

    /// Where `needle` stands for the last time.
    fileprivate func lastRange(of needle: String) -> Range<Index>? {
        let needle = Array(needle.utf8)
        return indices.reversed().lazy.compactMap { start in
            self[start...].starts(with: needle)
                ? start..<index(start, offsetBy: needle.count) : nil
        }.first
    }
}

extension ArraySlice<UInt8> {
    /// The bytes as text that may be shown.
    fileprivate var text: String {
        String(decoding: self, as: UTF8.self).strippedOfControls
    }

    /// The line of column names below a chain's.
    fileprivate var isHeading: Bool {
        drop { $0 == .space }.starts(with: "pkts ".utf8)
    }
}

extension ParseError {
    fileprivate static func unread(_ line: ArraySlice<UInt8>) -> ParseError {
        ParseError("not a rule", in: line.text)
    }
}
