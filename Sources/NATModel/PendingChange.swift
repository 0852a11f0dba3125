/// A change that was begun and is neither kept nor taken back.
///
/// Source: natdeck's journal, `/run/natdeck/journal`.
public struct PendingChange: Hashable, Codable, Sendable {
    /// The change's name.
    public var id: String
    /// What changes, in one sentence.
    public var title: String
    /// The same in a few words beside which others fit; `nil` where the title is as short.
    public var deed: String?
    /// Who began it.
    public var author: String
    /// The same without the number of the process, which nobody looks for at first; `nil` where it
    /// has none.
    public var person: String?
    /// What it waits for.
    public var state: State
    /// The sources it is about; `nil` where it is about the whole box.
    public var sources: [IPv4Prefix]?

    /// What a pending change waits for.
    public enum State: Hashable, Codable, Sendable {
        /// A process is at it now.
        case underWay
        /// It is done and verified, and is taken back after this time unless it is kept.
        case awaitsKeep(remainingMilliseconds: Int64)
        /// The process that was at it is gone: it must be finished, where that can be, or taken
        /// back.
        case unfinished(canFinish: Bool)
    }

    /// A change in this state.
    public init(id: String, title: String, author: String, state: State) {
        self.id = id
        self.title = title
        self.author = author
        self.state = state
    }
}
