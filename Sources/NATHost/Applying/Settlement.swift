public import NATPlan

/// What became of a pending change.
public struct Settlement: Sendable {
    /// How the attempt ended.
    public var outcome: Outcome
    /// What was done, where it ended well.
    public var ending: Ending

    /// What can be done to a pending change.
    public enum Ending: String, Sendable {
        /// It stands.
        case kept
        /// The steps that were missing were taken.
        case finished
        /// The box is as it was before.
        case takenBack = "taken back"
    }

    init(_ outcome: Outcome, _ ending: Ending) {
        self.outcome = outcome
        self.ending = ending
    }
}
