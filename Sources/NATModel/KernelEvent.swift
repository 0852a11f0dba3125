/// Something the kernel announced, with who did it where it tells.
///
/// Source: rtnetlink(7), and the nf_tables announcements that `nft monitor` shows.
public enum KernelEvent: Hashable, Sendable {
    /// The interface with this index was seen up or down.
    case link(index: Int, isUp: Bool)
    /// The interface with this index went away.
    case linkRemoved(index: Int)
    /// An address of the interface with this index came.
    case addressAdded(index: Int, by: KernelAuthor)
    /// An address of the interface with this index went.
    case addressRemoved(index: Int, by: KernelAuthor)
    /// A policy rule came.
    case ruleAdded(RoutingPolicyRule, by: KernelAuthor)
    /// A policy rule went.
    case ruleRemoved(RoutingPolicyRule, by: KernelAuthor)
    /// A route of a table came.
    case routeAdded(Route, table: Int, by: KernelAuthor)
    /// A route of a table went; the kernel does not announce those that go with their link.
    case routeRemoved(Route, table: Int, by: KernelAuthor)
    /// A transaction of nftables, of iptables-nft too, changed something.
    case nftablesChanged(by: KernelAuthor)
    /// Announcements were lost, as more came than were read: everything has to be read again.
    case missed

    /// Whether it tells of nftables, and of nothing that routes.
    public var isOfNFTables: Bool {
        if case .nftablesChanged = self { true } else { false }
    }

    /// Who did it; `nil` where the kernel does not tell.
    public var author: KernelAuthor? {
        switch self {
        case .link, .linkRemoved, .missed: nil
        case .addressAdded(_, let author), .addressRemoved(_, let author),
            .ruleAdded(_, let author), .ruleRemoved(_, let author),
            .routeAdded(_, _, let author), .routeRemoved(_, _, let author),
            .nftablesChanged(let author):
            author
        }
    }
}

/// Who changed something in the kernel, as the kernel names them.
///
/// Source: `nlmsg_pid` of an announcement: the port of the socket that asked for the change. Most
/// programs have one such socket, and its port is the number of their process. See netlink(7).
public struct KernelAuthor: Hashable, Sendable, CustomStringConvertible {
    /// The port; 0 for the kernel itself.
    public var port: UInt32
    /// The number of the process; `nil` where the port tells of none.
    public var process: Int?
    /// The name of the process, as `comm` has it; `nil` where it had ended before it was asked for.
    public var name: String?
    /// The name of the process that started it; `nil` where that is not known.
    public var parent: String?
    /// The user who logged in behind it, else the one it runs as; `nil` where that is not known.
    public var user: String?
    /// Where that user's session comes from; `nil` where it does not come by SSH.
    public var sshPeer: IPv4Address?
    /// Whether it is natdeck's own doing.
    public var isOwn: Bool

    /// Who asked by this port.
    public init(
        port: UInt32, process: Int? = nil, name: String? = nil, parent: String? = nil,
        user: String? = nil, sshPeer: IPv4Address? = nil, isOwn: Bool = false
    ) {
        self.user = user
        self.sshPeer = sshPeer
        self.port = port
        self.process = process
        self.name = name
        self.parent = parent
        self.isOwn = isOwn
    }

    /// In a few words, without numbers of processes: `ip (dhclient), root from 198.51.100.7`. A shell is
    /// a person's, or a script's whose name nobody knows, and tells nothing.
    public var brief: String {
        if port == 0, process == nil { return "the kernel" }
        guard process != nil else { return name ?? "a program that the kernel does not name" }
        let shells = ["sh", "bash", "dash", "zsh", "fish", "ksh", "sudo", "su"]
        let script = parent.flatMap { shells.contains($0) ? nil : " (\($0))" } ?? ""
        return (name ?? "a program that has ended") + script + (user.map { ", \($0)" } ?? "")
            + (sshPeer.map { " from \($0)" } ?? "")
    }

    /// `ip (process 8109), started by bash, root from 198.51.100.7`.
    public var description: String {
        if port == 0, process == nil { return "the kernel" }
        guard let process else { return name ?? "a program that the kernel does not name" }
        let who = name.map { "\($0) (process \(process))" } ?? "process \(process), which has ended"
        return who + (parent.map { ", started by \($0)" } ?? "")
            + (user.map { ", \($0)" } ?? "") + (sshPeer.map { " from \($0)" } ?? "")
    }
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
