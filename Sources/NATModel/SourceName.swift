/// What an assignment is about, as the operator names it.
public enum SourceName: Hashable, Sendable {
    /// A host or a network by its address, which never changes.
    case prefix(IPv4Prefix)
    /// An instance of EC2 by its number, such as `i-0123456789abcdef0`.
    case instance(String)
    /// The instances of EC2 that have this tag. Apart, so that the many others take little room.
    indirect case tag(key: String, value: String)
    /// The hosts of this name in the DNS or in `/etc/hosts`.
    case dns(String)

    /// The prefix it is; `nil` for a name, whose addresses somebody must be asked for.
    public var prefix: IPv4Prefix? {
        if case .prefix(let prefix) = self { prefix } else { nil }
    }

    /// Whether the cloud knows what it stands for.
    public var isOfCloud: Bool {
        switch self {
        case .instance, .tag: true
        case .prefix, .dns: false
        }
    }
}

extension SourceName: TextCodable {
    private static let instanceMark = "ec2:i-"
    private static let tagMark = "ec2:tag:"
    private static let dnsMark = "dns:"

    /// Reads `10.0.3.0/24`, `ec2:i-0123`, `ec2:tag:KEY=VALUE` or `dns:NAME`; `nil` where it is none of
    /// them.
    ///
    /// The first `=` ends the key; in a key `\=` and `\\` are those two characters.
    public init?(_ text: String) {
        if let prefix = IPv4Prefix(text) {
            self = .prefix(prefix)
        } else if text.hasPrefix(Self.instanceMark) {
            let number = text.dropFirst("ec2:".count)
            guard number.dropFirst(2).utf8.allSatisfy(Self.isHexDigit),
                (9...32) ~= number.utf8.count
            else { return nil }
            self = .instance(String(number))
        } else if text.hasPrefix(Self.tagMark) {
            guard let (key, value) = Self.tag(text.dropFirst(Self.tagMark.count)) else {
                return nil
            }
            self = .tag(key: key, value: value)
        } else if text.hasPrefix(Self.dnsMark) {
            let name = String(text.dropFirst(Self.dnsMark.count))
            guard Self.isHostName(name) else { return nil }
            self = .dns(name)
        } else {
            return nil
        }
    }

    /// The text that gives it again.
    public var description: String {
        switch self {
        case .prefix(let prefix): prefix.description
        case .instance(let number): "ec2:\(number)"
        case .tag(let key, let value): "\(Self.tagMark)\(Self.escaped(key))=\(value)"
        case .dns(let name): Self.dnsMark + name
        }
    }

    /// Whether a text is meant as a name, right or wrong.
    public static func isMeant(_ text: String) -> Bool {
        text.hasPrefix("ec2:") || text.hasPrefix(dnsMark)
    }

    private static func isHexDigit(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x61...0x66).contains(byte)
    }

    /// Source: "Tag your Amazon EC2 resources": a key has 1 to 128 characters, a value 256 at the most.
    private static func tag(_ text: Substring) -> (key: String, value: String)? {
        var key = ""
        var rest = text
        while let character = rest.popFirst() {
            if character == "=" {
                guard !key.isEmpty, key.count <= 128, rest.count <= 256 else { return nil }
                return (key, String(rest))
            }
            guard character == "\\" else {
                key.append(character)
                continue
            }
            guard let escaped = rest.popFirst(), escaped == "=" || escaped == "\\" else {
                return nil
            }
            key.append(escaped)
        }
        return nil
    }

    private static func escaped(_ key: String) -> String {
        key.reduce(into: "") { text, character in
            if character == "=" || character == "\\" { text.append("\\") }
            text.append(character)
        }
    }

    /// Letters, digits, hyphens, underscores and dots; no word that a program takes for an option,
    /// and no address. Source: RFC 1123, section 2.1.
    private static func isHostName(_ name: String) -> Bool {
        guard (1...253).contains(name.utf8.count), IPv4Address(name) == nil,
            name.utf8.first != UInt8(ascii: "-")
        else { return false }
        let labels = name.split(separator: ".", omittingEmptySubsequences: false)
        // A dot may end the whole name.
        return (labels.last == "" ? labels.dropLast() : labels[...]).allSatisfy { label in
            (1...63).contains(label.utf8.count)
                && label.utf8.allSatisfy { byte in
                    (0x30...0x39).contains(byte) || (0x41...0x5a).contains(byte & ~0x20)
                        || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_")
                }
        }
    }
}
