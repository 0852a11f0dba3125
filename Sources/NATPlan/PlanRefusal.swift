/// Why no plan was made. Nothing was touched.
public struct PlanRefusal: Error, Hashable, Sendable, CustomStringConvertible {
    /// The object at fault: a source, an interface, a part of the box.
    public var object: String
    /// What is wrong with it, in one sentence without a full stop.
    public var reason: String
    /// What mends it; `nil` where nothing is known to.
    public var fix: String?

    /// A refusal because of `object`.
    public init(_ object: String, _ reason: String, fix: String? = nil) {
        self.object = object
        self.reason = reason
        self.fix = fix
    }

    /// `object: reason`.
    public var description: String { "\(object): \(reason)" }
}
