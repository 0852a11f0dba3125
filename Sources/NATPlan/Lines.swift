/// Values that are written down as one text, with a line for each.
///
/// A plan for ten thousand hosts has thirty thousand of them, and a coder takes as long for each text
/// as it takes to make it.
@propertyWrapper
public struct Lines<Value: LineCodable>: Hashable, Codable, Sendable {
    /// The values, in order.
    public var wrappedValue: [Value]

    /// These values.
    public init(wrappedValue: [Value]) { self.wrappedValue = wrappedValue }

    /// Reads the text, or a row of texts, as an earlier natdeck wrote them.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let lines: [Substring]
        do {
            lines = Self.lines(try container.decode(String.self))
        } catch DecodingError.typeMismatch {
            lines = try container.decode([String].self).map { $0[...] }
        }
        wrappedValue = try lines.map { line in
            guard let value = Value(line: line) else {
                throw DecodingError.dataCorrupted(
                    .init(
                        codingPath: decoder.codingPath,
                        debugDescription: "\(line) is no \(Value.self)"))
            }
            return value
        }
    }

    /// Bytes and not characters: a line may begin with an accent.
    private static func lines(_ text: String) -> [Substring] {
        if text.isEmpty { return [] }
        return text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
            .map { Substring($0) }
    }

    /// Writes the text.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(wrappedValue.map { $0.line }.joined(separator: "\n"))
    }
}

/// A value that is written down as a line, which is never empty and has no line end in it.
public protocol LineCodable: Hashable, Sendable {
    /// Reads the line; `nil` where it says something else.
    init?(line: Substring)
    /// The line.
    var line: String { get }
}
