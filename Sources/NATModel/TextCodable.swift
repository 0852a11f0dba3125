/// A value that is written down as the text people know it by.
///
/// A journal or a history is read by people too: `"10.0.3.0/24"`, and not two numbers.
public protocol TextCodable: Codable, CustomStringConvertible {
    /// Reads the text; `nil` where it says something else.
    init?(_ text: String)
}

extension TextCodable {
    /// Reads the text.
    public init(from decoder: any Decoder) throws {
        let text = try decoder.singleValueContainer().decode(String.self)
        guard let value = Self(text) else {
            throw DecodingError.dataCorrupted(
                .init(
                    codingPath: decoder.codingPath, debugDescription: "\(text) is no \(Self.self)"))
        }
        self = value
    }

    /// Writes the text.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}

extension IPv4Address: TextCodable {
    /// Reads dotted decimal.
    public init?(_ text: String) { self.init(text[...]) }
}

extension IPv4Prefix: TextCodable {
    /// Reads `ADDRESS/LENGTH` or `ADDRESS` without host bits.
    public init?(_ text: String) { self.init(text[...]) }
}

/// So that a dictionary by source is written as an object, and not as a row of pairs.
extension IPv4Prefix: CodingKeyRepresentable {
    private struct Key: CodingKey {
        var stringValue: String
        var intValue: Int? { nil }

        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }

    /// The text.
    public var codingKey: any CodingKey { Key(stringValue: description) }

    /// Reads the text.
    public init?<Name: CodingKey>(codingKey: Name) { self.init(codingKey.stringValue) }
}
