package import NATModel
package import NATPlan
package import NATScreen

/// Something that has happened. Times are milliseconds of a monotonic clock.
package enum Message: Sendable {
    /// The box was read, with what follows from that; `nil` where that is not worked out yet.
    case snapshotRead(
        Snapshot, parts: Set<SnapshotPart>, atMilliseconds: Int64, derived: Derived? = nil)
    /// Time went on; `wallClock` is the time of day to show, such as `12:03:04`.
    case tick(atMilliseconds: Int64, wallClock: String)
    /// A key was pressed.
    case key(Key, atMilliseconds: Int64)
    /// The mouse did something.
    case mouse(MouseEvent, atMilliseconds: Int64)
    /// Text was pasted.
    case pasted(String)
    /// The terminal has this size now.
    case resized(Size)
    /// Live connections by source; one of `of` that is absent could not be counted.
    case connectionsCounted([IPv4Prefix: LiveConnections], of: [IPv4Prefix])
    /// These are the flows of these sources, or why they could not be read.
    case flowsRead(Reading<FlowSample>, of: [IPv4Prefix], atMilliseconds: Int64)
    /// The address of a host of this name; `nil` where nobody knows it.
    case addressFound(IPv4Address?, of: String)
    /// Names by address; one of `of` that is absent has none that could be found.
    case namesFound([IPv4Address: String], of: [IPv4Address])
    /// The instances of the cloud, or why they could not be listed.
    case instancesListed(Reading<[CloudInstance]>)
    /// The hosts that a name stands for now, or why it stands for none.
    case nameFollowed(SourceName, Result<[IPv4Prefix], PlanRefusal>)
    /// So many steps of the plan being applied have been taken.
    case stepsTaken(Int)
    /// The attempt to carry out a plan ended so.
    case applied(Outcome, atMilliseconds: Int64)
    /// What would undo the last change that stands, and its name; or why nothing would.
    case undoFound(Result<UndoOffer, PlanRefusal>)
    /// These programs were run, in this order.
    case commandsRan([CommandRun])
    /// These changes of the box ended, by natdeck or another, the oldest first.
    case changesEnded([PastChange])
    /// Why the history of changes is not whole; `nil` where all of it was read.
    case historyComplained(ReadFailure?)
    /// The kernel announced these changes of the box, with who made each.
    case kernelAnnounced([KernelEvent])
    /// Whether a guard is running on the box.
    case guardSeen(isRunning: Bool)
    /// Clocks of the box are so far ahead of UTC.
    case utcOffsetChanged(seconds: Int)
    /// This is the kernel's answer to which way a host leaves.
    case kernelAnswered(IPv4Address, KernelAnswer)
    /// A pending change was kept, taken back or finished, as the text says, or was not.
    case settled(Outcome, String, atMilliseconds: Int64)
}
