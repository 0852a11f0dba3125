public import NATModel

/// `/run/natdeck/probed`: an own address, the one the outside saw, and the second of the day it
/// was seen in since 1970, on each line.
public enum ProbedFile {
    /// Reads the file as a whole.
    public static func parse(_ contents: [UInt8]) throws(ParseError) -> [ProbedAddress] {
        var probed: [ProbedAddress] = []
        for line in contents.split(separator: .lineEnd) {
            let words = line.words
            guard words.count == 3, let own = IPv4Address(words[0].text),
                let outside = IPv4Address(words[1].text), let seconds = words[2].decimal,
                let seconds = Int64(exactly: seconds)
            else { throw ParseError("not an own address, a public one and a time", in: line.text) }
            probed.append(ProbedAddress(own: own, outside: outside, atSeconds: seconds))
        }
        return probed
    }

    /// The file that says this.
    public static func text(_ probed: [ProbedAddress]) -> String {
        probed.sorted { $0.own < $1.own }.map { "\($0.own) \($0.outside) \($0.atSeconds)\n" }
            .joined()
    }
}
