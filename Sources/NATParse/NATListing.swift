public import NATModel

/// The reply of `iptables -t nat -nvxL` (or of another table), which both backends print alike. See iptables(8).
///
/// With `-x` the counters are exact; without it they would be rounded to K, M and G.
public enum NATListing {
    /// The command whose reply this reads, for a program such as `iptables-nft`.
    public static func command(_ program: String, table: String = "nat") -> Command {
        Command(program, "-t", table, "-nvxL")
    }

    /// The chains in the order they are printed.
    public static func parse(_ reply: [UInt8]) throws(ParseError) -> [NATChain] {
        var chains: [NATChain] = []
        var columns = Columns(bytes: reply)
        // Whether the row before ended within a comment.
        var isOpen = false
        var start = 0
        while start < reply.count {
            let line = start..<columns.end(of: .lineEnd, in: start..<reply.count)
            start = line.upperBound + 1
            // A comment may hold line ends, which iptables prints as they are; what stands on such
            // a line is no chain and no rule, whatever it looks like.
            if isOpen, let last = chains.indices.last,
                let lastRule = chains[last].rules.indices.last
            {
                let text = reply[line].text
                if !text.isEmpty { chains[last].rules[lastRule].extra += " " + text }
                isOpen = endsInComment(chains[last].rules[lastRule])
            } else if let last = chains.indices.last, let rule = columns.rule(in: line) {
                // Only where a comment begins can one end.
                isOpen = rule.extra.utf8.contains(.slash) && endsInComment(rule)
                // In longer steps than an array grows by itself: at each of them all is copied to
                // pages that nobody has touched yet, which takes longer than to read it.
                let count = chains[last].rules.count
                if count >= 64, count == chains[last].rules.capacity {
                    chains[last].rules.reserveCapacity(count * 4)
                }
                chains[last].rules.append(rule)
            } else if line.isEmpty || reply[line].isHeading {
                continue
            } else if chains.isEmpty, reply[line].first == UInt8(ascii: "#") {
                // A remark of iptables-nft on base chains of nftables that it does not show.
                continue
            } else if reply[line].starts(with: "Chain ".utf8) {
                chains.append(try chain(reply[line]))
            } else {
                throw ParseError("not a rule", in: reply[line].text)
            }
        }
        if isOpen, let row = chains.last?.rules.last {
            throw ParseError("a comment without an end", in: row.extra)
        }
        return chains
    }

    /// Whether a row ends within a comment, which then goes on in the next line.
    private static func endsInComment(_ rule: NATRule) -> Bool {
        var text = Array(rule.extra.utf8)[...]
        // LOG and NFLOG quote a prefix of any text, quotes too, behind the comment.
        if rule.target.hasSuffix("LOG"), text.last == .quote,
            let prefix = text.places(of: "prefix \"").last
        {
            text = text[..<prefix]
        }
        while let index = text.firstIndex(where: { $0 == .quote || $0 == .slash }) {
            let isFirst = index == text.startIndex || text[index - 1] == .space
            if text[index] == .quote, let end = text[index...].endOfQuoted {
                // Text that is searched for, such as `STRING match "/*"`.
                text = text[end...]
            } else if isFirst, text[index...].starts(with: "/*".utf8) {
                guard let end = text[index...].endOfComment else { return true }
                text = text[end...]
            } else {
                text = text[(index + 1)...]
            }
        }
        return false
    }

    /// `Chain POSTROUTING (policy ACCEPT 0 packets, 0 bytes)` or `Chain DOCKER (2 references)`.
    private static func chain(_ line: ArraySlice<UInt8>) throws(ParseError) -> NATChain {
        let words = line.words
        if words.count == 8, words[2].elementsEqual("(policy".utf8),
            let packets = words[4].decimal, let bytes = words[6].decimal
        {
            return NATChain(
                name: words[1].text, policy: words[3].text, packets: packets, bytes: bytes)
        }
        if words.count == 4, words[2].first == UInt8(ascii: "("),
            let references = words[2].dropFirst().decimal
        {
            return NATChain(name: words[1].text, references: Int(clamping: references))
        }
        throw ParseError("not a chain", in: line.text)
    }

    /// Takes rows apart, in a listing of which most rows are like the one before.
    private struct Columns {
        let bytes: [UInt8]
        /// Where the words of the row before stand, and what they say.
        private var known = [(place: Range<Int>, text: String)](repeating: (0..<0, ""), count: 8)

        init(bytes: [UInt8]) { self.bytes = bytes }

        /// A row, or `nil` where the line is none.
        ///
        /// `pkts bytes target prot opt in out source destination extra`; the target column is blank
        /// where a rule has no target, and the extra text is free.
        mutating func rule(in line: Range<Int>) -> NATRule? {
            var rest = line
            guard let packets = number(&rest), let bytes = number(&rest) else { return nil }
            // One space, then the target in nine columns: another space means that it is blank.
            rest = rest.dropFirst()
            let target = rest.first.map { self.bytes[$0] } == .space ? "" : word(&rest, 0)
            guard let target, let proto = word(&rest, 1), let options = word(&rest, 2),
                let input = word(&rest, 3), let output = word(&rest, 4),
                let source = word(&rest, 5), let destination = word(&rest, 6)
            else { return nil }
            return NATRule(
                packets: packets, bytes: bytes, target: target, proto: proto, options: options,
                input: input, output: output, source: source, destination: destination,
                extra: remainder(rest))
        }

        /// Where the first such byte stands, or the end.
        func end(of byte: UInt8, in range: Range<Int>) -> Int {
            var index = range.lowerBound
            while index < range.upperBound, bytes[index] != byte { index += 1 }
            return index
        }

        private func skipSpaces(_ rest: inout Range<Int>) {
            while let index = rest.first, bytes[index] == .space { rest = rest.dropFirst() }
        }

        private func place(_ rest: inout Range<Int>) -> Range<Int> {
            skipSpaces(&rest)
            let end = end(of: .space, in: rest)
            defer { rest = end..<rest.upperBound }
            return rest.lowerBound..<end
        }

        private mutating func word(_ rest: inout Range<Int>, _ column: Int) -> String? {
            let place = place(&rest)
            return place.isEmpty ? nil : text(place, column)
        }

        private func number(_ rest: inout Range<Int>) -> UInt64? { bytes[place(&rest)].decimal }

        private mutating func remainder(_ rest: Range<Int>) -> String {
            var rest = rest
            skipSpaces(&rest)
            while let index = rest.last, bytes[index] == .space { rest = rest.dropLast() }
            return text(rest, 7)
        }

        /// The text of a column; where it is that of the row before, nothing new is made.
        private mutating func text(_ place: Range<Int>, _ column: Int) -> String {
            let before = known[column].place
            if before.count == place.count,
                zip(before, place).allSatisfy({ bytes[$0] == bytes[$1] })
            {
                return known[column].text
            }
            let isInterface = column == 3 || column == 4
            let text = isInterface ? KernelName.text(bytes[place]) : bytes[place].text
            known[column] = (place, text)
            return text
        }
    }
}

extension UInt8 {
    fileprivate static let quote = UInt8(ascii: "\"")
    fileprivate static let slash = UInt8(ascii: "/")
}

extension ArraySlice<UInt8> {
    /// Where the quoted text it begins with ends; `nil` where the quote is not closed.
    fileprivate var endOfQuoted: Index? {
        var isEscaped = false
        for index in indices.dropFirst() {
            if !isEscaped, self[index] == .quote { return index + 1 }
            isEscaped = !isEscaped && self[index] == UInt8(ascii: "\\")
        }
        return nil
    }

    /// Where the comment it begins with ends; `nil` where it does not.
    fileprivate var endOfComment: Index? {
        indices.dropFirst(2).first { self[$0] == .slash && self[$0 - 1] == UInt8(ascii: "*") }
            .map { $0 + 1 }
    }

    /// Where `needle` stands.
    fileprivate func places(of needle: String) -> some BidirectionalCollection<Int> {
        indices.lazy.filter { self[$0...].starts(with: needle.utf8) }
    }

    /// The line of column names below a chain's.
    fileprivate var isHeading: Bool {
        drop { $0 == .space }.starts(with: "pkts ".utf8)
    }
}
