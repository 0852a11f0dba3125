import NATModel

/// A reply that was not understood. Nothing of it was used.
public struct ParseError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What was wrong, in one sentence without a full stop.
    public var reason: String
    /// The line, or the piece of it, that was not understood; shortened and without controls.
    public var text: String

    /// An error in this piece of text.
    public init(_ reason: String, in text: some StringProtocol) {
        self.reason = reason
        self.text = String(String(text).strippedOfControls.prefix(160))
    }

    /// The reason, then the text.
    public var description: String {
        text.isEmpty ? reason : "\(reason): «\(text)»"
    }
}
