/// One part of a snapshot: a value, or why there is none. Missing is never shown as zero.
public enum Reading<Value: Sendable>: Sendable {
    /// What was read.
    case value(Value)
    /// Why it could not be read.
    case failed(ReadFailure)

    /// The value; `nil` where it could not be read.
    public var value: Value? {
        if case .value(let value) = self { value } else { nil }
    }

    /// Why it could not be read; `nil` where it could.
    public var failure: ReadFailure? {
        if case .failed(let failure) = self { failure } else { nil }
    }

    /// The reading with its value passed through `transform`.
    public func map<Other>(_ transform: (Value) -> Other) -> Reading<Other> {
        switch self {
        case .value(let value): .value(transform(value))
        case .failed(let failure): .failed(failure)
        }
    }
}

extension Reading: Equatable where Value: Equatable {}

extension Reading: Hashable where Value: Hashable {}

extension Reading: Codable where Value: Codable {}

/// Why a part of the box could not be read.
public struct ReadFailure: Error, Hashable, Codable, Sendable, CustomStringConvertible {
    /// The object at fault: the command as a person would type it, or the file.
    public var object: String
    /// What went wrong, in one sentence without a full stop.
    public var reason: String
    /// What mends it, where that is known: a command or a package to install.
    public var fix: String?

    /// A failure of `object` for this reason.
    public init(_ object: String, _ reason: String, fix: String? = nil) {
        self.object = object
        self.reason = reason
        self.fix = fix
    }

    /// `object: reason`.
    public var description: String { "\(object): \(reason)" }
}
