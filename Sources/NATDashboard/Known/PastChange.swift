package import NATModel

/// A change of the box that ended, as the history tells it.
package struct PastChange: Hashable, Sendable {
    /// Its name in the history.
    package var id: String
    /// When it ended, in milliseconds since 1970-01-01 UTC, in whole seconds.
    package var atMilliseconds: Int64
    /// What it did, in one sentence.
    package var title: String
    /// What it did, in a few words beside which others fit; `nil` where the title is as short.
    package var deed: String?
    /// How it ended.
    package var ending: Ending
    /// By what it ended so: `operator`, `timer`, `recover`, `failure`, `guard`.
    package var by: String
    /// Who began it.
    package var author: String
    /// The same without the number of the process, which nobody looks for at first; `nil` where it has
    /// none.
    package var person: String?
    /// What went wrong, or why it was made; `nil` where the title says it all.
    package var reason: String?
    /// Its steps, as a person would type them; of a great many only the first.
    package var commands: [String]
    /// How many steps it had beside those.
    package var moreCommands = 0
    /// The change it undid, by name; `nil` for one in its own right.
    package var undoes: String?
    /// The sources it was about; none where it was about the whole box.
    package var sources: [IPv4Prefix]
    /// Whether this natdeck began it, and not another process.
    package var isOwn: Bool

    /// How a change ended.
    package enum Ending: Hashable, Sendable, CaseIterable {
        /// It stands.
        case kept
        /// It was taken back by wish or by time.
        case reverted
        /// It failed and was taken back.
        case rolledBack
        /// It failed, and not all of it could be taken back.
        case leftovers
    }

    /// A change that ended so.
    package init(
        id: String, atMilliseconds: Int64, title: String, ending: Ending, by: String,
        author: String, reason: String? = nil, commands: [String], undoes: String? = nil,
        sources: [IPv4Prefix] = [], deed: String? = nil, person: String? = nil,
        isOwn: Bool = false
    ) {
        self.isOwn = isOwn
        self.deed = deed
        self.person = person
        self.sources = sources
        self.id = id
        self.atMilliseconds = atMilliseconds
        self.title = title
        self.ending = ending
        self.by = by
        self.author = author
        self.reason = reason
        self.commands = commands
        self.undoes = undoes
    }

    /// Whether the guard put back what was lost.
    var isRestoration: Bool { by == "guard" && ending == .kept }
}
