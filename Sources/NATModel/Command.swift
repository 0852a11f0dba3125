/// A program and its arguments, handed over one by one and never through a shell.
public struct Command: Hashable, Codable, Sendable, CustomStringConvertible {
    /// The program's name, found on PATH, then its arguments.
    public var arguments: [String]

    /// The command with these words, the program's name first.
    public init(_ arguments: [String]) {
        self.arguments = arguments
    }

    /// The command with these words, the program's name first.
    public init(_ arguments: String...) {
        self.init(arguments)
    }

    /// The program's name, such as `ip`; empty where there are no words at all.
    public var program: String { arguments.first ?? "" }

    /// The line a person would type in a POSIX shell to do the same.
    public var description: String {
        arguments.map(Self.quoted).joined(separator: " ")
    }

    /// One word, quoted for a POSIX shell where it needs quoting.
    public static func quoted(_ word: String) -> String {
        let plain = word.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"):
                true
            default: "-_./:=,+@%".utf8.contains(byte)
            }
        }
        if plain && !word.isEmpty { return word }
        let inner = word.split(separator: "'", omittingEmptySubsequences: false)
        return "'" + inner.joined(separator: "'\\''") + "'"
    }
}
