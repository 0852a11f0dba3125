package import NATModel
package import NATPlan
package import NATScreen

/// Something the dashboard wishes to be done; what comes of it returns as a `Message`.
package enum Effect: Hashable, Sendable {
    /// The program ends.
    case quit
    /// The box is read now, not at the next interval; answered by `snapshotRead`.
    case reread
    /// A plan the operator has accepted is carried out; answered by `applied`.
    ///
    /// The name is of the change it undoes, if it undoes one.
    case apply(Plan, undoes: String?)
    /// That a change is undone by an empty plan is written down; answered where it cannot be.
    case noteUndone(Plan, undoes: String)
    /// The change of this name, which awaits its keep, is kept; answered by `settled`.
    case keep(String)
    /// The change of this name, which awaits its keep, is taken back; answered by `settled`.
    case revert(String)
    /// The change of this name, which nobody finished, is finished or taken back; answered by
    /// `settled`.
    case recover(String, finishes: Bool)
    /// The last change that stands is looked up; answered by `undoFound`.
    case findUndo
    /// Live connections of these sources are counted; answered by `connectionsCounted`.
    case countConnections([IPv4Prefix])
    /// The flows of these sources are read; answered by `flowsRead`.
    case readFlows([IPv4Prefix])
    /// The address of a host of this name is looked up; answered by `addressFound`.
    case findAddress(of: String)
    /// The instances of the cloud are listed; answered by `instancesListed`.
    ///
    /// With what the cloud's metadata tells of the box.
    case listInstances([CloudInterface])
    /// What a name stands for is asked, and written down for the guard to go on from; answered by
    /// `nameFollowed`.
    case follow(SourceName)
    /// The names of these hosts are looked up; answered by `namesFound`.
    case lookUpNames([IPv4Address])
    /// A text is put into the terminal's clipboard.
    case copy(String)
    /// The screen looks so from now on.
    case setTheme(ThemeName)
    /// The terminal is to report what the mouse does, or no longer.
    case setMouse(Bool)
    /// The kernel is asked which way a host leaves, whose packets come in by `input`; answered by
    /// `kernelAnswered`.
    case askKernel(IPv4Address, input: RouteInput)
    /// The whole screen is sent again.
    case redraw
    /// The program is stopped as by the shell's Ctrl-Z.
    case suspend
    /// The box is read at this interval from now on, in milliseconds.
    case setInterval(Int)
}
