import NATModel

/// The reply of `iptables-save -c -t nat`, read by other means than NATListing's.
struct SavedRules {
    var chains: [String] = []
    var rows: [String: [Row]] = [:]

    /// What both tell of a rule, by value.
    struct Row: Equatable {
        var packets: UInt64
        var bytes: UInt64
        var target = ""
        var proto = "0"
        var input = "*"
        var output = "*"
        var source = "0.0.0.0/0"
        var destination = "0.0.0.0/0"
        var comment: String?
    }

    private static let numbers = ["tcp": "6", "udp": "17", "icmp": "1", "sctp": "132", "gre": "47"]

    init(_ text: String) {
        for line in text.split(separator: "\n") {
            if line.hasPrefix(":") {
                chains.append(String(line.dropFirst().prefix { $0 != " " }))
            }
            if line.hasPrefix("[") { take(Self.words(line)) }
        }
    }

    private mutating func take(_ words: [String]) {
        let counters = words[0].dropFirst().dropLast().split(separator: ":").map { UInt64($0) ?? 0 }
        var row = Row(packets: counters[0], bytes: counters[1])
        var isNegated = false
        var index = 3
        while index + 1 < words.count || (index < words.count && words[index] == "!") {
            if words[index] == "!" {
                isNegated = true
                index += 1
                continue
            }
            let value = (isNegated ? "!" : "") + words[index + 1]
            let network = value.hasSuffix("/32") ? String(value.dropLast(3)) : value
            switch words[index] {
            case "-s": row.source = network
            case "-d": row.destination = network
            case "-i": row.input = value
            case "-o": row.output = value
            case "-p":
                let name = words[index + 1]
                row.proto = (isNegated ? "!" : "") + (Self.numbers[name] ?? name)
            case "-j", "-g": row.target = value
            case "--comment": row.comment = value
            default:
                // An option of a match or target: the next word may be its value or an option.
                index += 1
                isNegated = false
                continue
            }
            index += 2
            isNegated = false
        }
        rows[words[2], default: []].append(row)
    }

    /// The words of a line; a quoted one is taken whole, its escapes undone.
    private static func words(_ line: Substring) -> [String] {
        var words: [String] = []
        var word = ""
        var isQuoted = false
        var isEscaped = false
        for character in line {
            if isEscaped {
                word.append(character)
                isEscaped = false
            } else if character == "\\" {
                isEscaped = true
            } else if character == "\"" {
                isQuoted.toggle()
            } else if character == " ", !isQuoted {
                words.append(word)
                word = ""
            } else {
                word.append(character)
            }
        }
        return words + [word]
    }
}

extension SavedRules.Row {
    /// A row of the listing.
    init(_ rule: NATRule) {
        let proto = rule.proto == "all" ? "0" : rule.proto
        self.init(
            packets: rule.packets, bytes: rule.bytes, target: rule.target, proto: proto,
            input: rule.input, output: rule.output, source: rule.source,
            destination: rule.destination, comment: Self.comment(rule.extra))
    }

    private static func comment(_ extra: String) -> String? {
        // A text that is searched for may look like a comment; it comes before the comment.
        var extra = extra
        if let text = extra.firstRange(of: "STRING match"), let end = extra.firstRange(of: "ALGO") {
            extra.removeSubrange(text.lowerBound..<end.upperBound)
        }
        guard let start = extra.firstRange(of: "/* "), let end = extra.lastRange(of: " */") else {
            return nil
        }
        return start.upperBound <= end.lowerBound
            ? String(extra[start.upperBound..<end.lowerBound]) : nil
    }
}

extension StringProtocol {
    func firstRange(of needle: String) -> Range<Index>? {
        indices.first { self[$0...].hasPrefix(needle) }.map {
            $0..<index($0, offsetBy: needle.count)
        }
    }

    func lastRange(of needle: String) -> Range<Index>? {
        indices.last { self[$0...].hasPrefix(needle) }.map {
            $0..<index($0, offsetBy: needle.count)
        }
    }
}
