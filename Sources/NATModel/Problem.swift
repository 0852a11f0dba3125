/// Something about the box that the operator should know, and what mends it.
public struct Problem: Hashable, Sendable {
    /// A name for it that does not change, such as `ip-forward-off`.
    public var id: String
    /// How bad it is.
    public var severity: Severity
    /// What is the matter, in one sentence without a full stop.
    public var message: String
    /// What mends it; `nil` where nothing is known to.
    public var fix: String?

    /// How bad a problem is.
    public enum Severity: String, Hashable, Sendable {
        /// Something does not work, or cannot be seen.
        case error
        /// Something works, with a hazard.
        case warning
        /// Something to know.
        case info
    }

    /// A problem of this name.
    public init(_ id: String, _ severity: Severity, _ message: String, fix: String? = nil) {
        self.id = id
        self.severity = severity
        self.message = message
        self.fix = fix
    }
}
