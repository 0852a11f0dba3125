/// Something the kernel announced, as far as it tells who may be behind a change.
///
/// Source: rtnetlink(7).
public enum KernelEvent: Hashable, Sendable {
    /// The interface with this index was seen up or down.
    case link(index: Int, isUp: Bool)
    /// The interface with this index went away.
    case linkRemoved(index: Int)
    /// An address of the interface with this index came.
    case addressAdded(index: Int)
    /// An address of the interface with this index went.
    case addressRemoved(index: Int)
}

/// A program that ran near the time of a change.
///
/// Source: `/proc/PID/stat`. See proc(5).
public struct SeenProcess: Hashable, Sendable {
    /// Its name, as `comm` has it: at most 15 bytes.
    public var name: String
    /// How long before it was looked at it had started, in milliseconds.
    public var ageMilliseconds: Int

    /// A program of this name and age.
    public init(name: String, ageMilliseconds: Int) {
        self.name = name
        self.ageMilliseconds = ageMilliseconds
    }
}
