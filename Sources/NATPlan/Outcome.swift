public import NATModel

/// How an attempt to carry out a plan ended.
public enum Outcome: Hashable, Sendable {
    /// Every step was taken and every verification held.
    case done
    /// Every step was taken and every verification held; it is taken back unless it is kept.
    case awaitsKeep(seconds: Int)
    /// It ended as it was to, but that could not be written down: for the next boot, or in the
    /// history.
    case notSaved(ReadFailure)
    /// Something failed, and the steps already taken were taken back.
    case rolledBack(Failure)
    /// Something failed, and these steps could not be taken back.
    case leftovers(Failure, [Leftover])
    /// The box changed since the plan was made; this is the plan for what it is now.
    case stale(Plan)
    /// Nothing was touched, because of this.
    case refused(PlanRefusal)
    /// Nothing was touched, because natdeck lacks the privilege.
    case notPermitted

    /// Whether it ended as it was to, written down or not.
    public var isDone: Bool {
        switch self {
        case .done, .notSaved: true
        default: false
        }
    }

    /// What failed.
    public struct Failure: Hashable, Sendable, CustomStringConvertible {
        /// The step or verification, as a person would repeat it.
        public var object: String
        /// What it answered.
        public var reason: String

        /// A failure of `object`.
        public init(_ object: String, _ reason: String) {
            self.object = object
            self.reason = reason
        }

        /// `object: reason`.
        public var description: String { "\(object): \(reason)" }
    }

    /// A step that still stands, and the command that would take it back.
    public struct Leftover: Hashable, Sendable {
        /// What the step did, in one line.
        public var summary: String
        /// What to type to take it back.
        public var command: String
        /// Why natdeck could not.
        public var reason: String

        /// A step that still stands.
        public init(summary: String, command: String, reason: String) {
            self.summary = summary
            self.command = command
            self.reason = reason
        }
    }
}
