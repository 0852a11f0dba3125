public import NATModel

/// `/proc/net/stat/nf_conntrack`: a line of hexadecimal numbers for each processor, under a heading.
public enum ConntrackStatFile {
    /// The file's path.
    public static let path = "/proc/net/stat/nf_conntrack"

    /// What all processors together have lost.
    public static func parse(
        _ contents: [UInt8]
    ) throws(ParseError) -> ConntrackCounters.Lost {
        let lines = contents.split(separator: .lineEnd)
        let names = (lines.first ?? []).words.map(\.text)
        var lost = ConntrackCounters.Lost()
        let columns: [(name: String, sum: WritableKeyPath<ConntrackCounters.Lost, UInt64>)] = [
            ("insert_failed", \.insertFailed), ("drop", \.drop), ("early_drop", \.earlyDrop),
        ]
        for (name, sum) in columns {
            guard let column = names.firstIndex(of: name) else {
                throw ParseError("no column \(name)", in: (lines.first ?? []).text)
            }
            for line in lines.dropFirst() {
                let words = line.words
                guard column < words.count, let count = UInt64(words[column].text, radix: 16) else {
                    throw ParseError("no number under \(name)", in: line.text)
                }
                lost[keyPath: sum] &+= count
            }
        }
        return lost
    }
}
