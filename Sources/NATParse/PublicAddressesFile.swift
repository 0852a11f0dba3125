public import NATModel

/// `/etc/natdeck/public-addresses`: an address or an interface of the box and the public address it
/// is seen by, on each line.
///
/// Words and notes are as in the file of assignments; see `FileWord`.
public enum PublicAddressesFile {
    /// The most bytes the file may hold; some thousand lines.
    static let mostBytes = 1 << 18

    /// Reads the file as a whole: one line that is not understood, and none of it is used.
    ///
    /// - Throws: the first bad line, by its number, and how many there are more.
    public static func parse(_ bytes: [UInt8]) throws(ReadFailure) -> [ToldPublicAddress] {
        guard bytes.count <= mostBytes else {
            throw ReadFailure(
                ToldPublicAddress.path,
                "the file has \(bytes.count) bytes, and no more than \(mostBytes) are read")
        }
        var told: [ToldPublicAddress] = []
        var numbers: [ToldPublicAddress.Subject: Int] = [:]
        var bad: [(number: Int, error: ParseError)] = []
        let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        for (number, line) in zip(1..., lines) {
            do throws(ParseError) {
                guard let text = String(validating: line, as: UTF8.self) else {
                    throw ParseError("not UTF-8", in: "")
                }
                guard let new = try Self.told(in: text) else { continue }
                if let first = numbers[new.subject] {
                    throw ParseError("\(new.subject) is on line \(first) too", in: "")
                }
                numbers[new.subject] = number
                told.append(new)
            } catch {
                bad.append((number, error))
            }
        }
        guard let first = bad.first else { return told }
        throw ReadFailure(
            "\(ToldPublicAddress.path):\(first.number)",
            first.error.description
                + (bad.count > 1 ? ", and \(bad.count - 1) bad lines more" : ""),
            fix: "a line is PRIVATE-ADDRESS PUBLIC-ADDRESS, or INTERFACE PUBLIC-ADDRESS")
    }

    private static func told(in line: String) throws(ParseError) -> ToldPublicAddress? {
        let words = try FileWord.words(of: line[...]).map(\.value)
        guard let first = words.first else { return nil }
        guard words.count == 2 else {
            throw ParseError(
                words.count == 1 ? "no public address after it" : "more than two words", in: line)
        }
        guard let address = IPv4Address(words[1]) else {
            throw ParseError("not an IPv4 address", in: words[1])
        }
        if let own = IPv4Address(first) { return ToldPublicAddress(.address(own), address) }
        guard IPv4Prefix.split(first) == nil, FileWord.isInterfaceName(first) else {
            throw ParseError("neither an IPv4 address nor the name of an interface", in: first)
        }
        return ToldPublicAddress(.interface(first), address)
    }
}
