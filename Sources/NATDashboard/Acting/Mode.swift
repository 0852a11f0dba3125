internal import NATModel
internal import NATPlan
internal import NATScreen

/// What the operator is doing, which decides what keys mean.
enum Mode: Hashable, Sendable {
    /// Looking at a view.
    case browsing
    /// Typing a filter; the one before is kept for Escape.
    case filtering(previous: String)
    /// Typing what is looked for.
    case finding(FindLine)
    /// Choosing what hosts are ordered by.
    case sorting(SortMenu)
    /// Calling an action by its name.
    case choosing(TypedSearch)
    /// Typing a host, to be told which rule decides for it.
    case asking(AskLine)
    /// Picking an instance of the cloud.
    case picking(TypedSearch)
    /// Reading a text over the view.
    case reading(TextPanel)
    /// Choosing the interface for a source.
    case assigning(AssignDialog)
    /// Reviewing a plan.
    case confirming(ConfirmDialog)
    /// Waiting for a plan to be carried out.
    case applying(Applying)
}

/// A plan on its way into the kernel.
struct Applying: Hashable, Sendable {
    /// The plan.
    var plan: Plan
    /// The change it undoes, by name; `nil` where it undoes none.
    var undoes: String?
    /// How many of its steps have been taken.
    var stepsTaken = 0
}

/// A text that is read over the view.
struct TextPanel: Hashable, Sendable {
    /// What it tells.
    var kind: Kind
    /// The first line on the screen.
    var offset = 0
    /// Keys are dropped until it has been seen; `nil` for one that a key has opened.
    var guardTime: GuardTime?

    /// What a text tells.
    enum Kind: Hashable, Sendable {
        /// The keys of the view behind it.
        case help
        /// One row of the view behind it, with nothing cut off.
        case details
        /// All there is to know of the interface with this kernel index.
        case interface(Int)
        /// Something that just happened.
        case notice(Notice)
    }
}

/// Something that just happened and has to be read.
struct Notice: Hashable, Sendable {
    /// In two or three words.
    var title: String
    /// What happened, line by line.
    var lines: [TextLine]
}

/// One line of a text that is wrapped to the room there is.
struct TextLine: Hashable, Sendable {
    /// The text.
    var text: String
    /// How it looks.
    var style = Style.normal
    /// Cells before every line of it.
    var indent = 0
    /// More cells before its second line and those after it, where it is wrapped.
    var hanging = 2
    /// Cells at its start that say what the rest is about.
    var heading = 0

    /// A line that looks so.
    init(_ text: String, _ style: Style = .normal, indent: Int = 0, hanging: Int = 2) {
        self.hanging = hanging
        self.text = text
        self.style = style
        self.indent = indent
    }

    /// An empty line.
    static let blank = TextLine("")
}

/// The moments after a dialog opens, in which keys meant for what was there before arrive.
struct GuardTime: Hashable, Sendable {
    /// When it ends, in milliseconds of the monotonic clock.
    var endsAtMilliseconds: Int64
    /// How long it lasts.
    static let milliseconds: Int64 = 400

    /// Begins now.
    init(openedAtMilliseconds now: Int64) {
        endsAtMilliseconds = now + Self.milliseconds
    }

    /// Whether a key of this moment is dropped.
    func drops(atMilliseconds now: Int64) -> Bool { now < endsAtMilliseconds }
}
