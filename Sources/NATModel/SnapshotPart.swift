/// A part of a snapshot that is read by itself, and so can fail by itself.
public enum SnapshotPart: Hashable, Sendable, CaseIterable {
    /// Interfaces and their addresses.
    case interfaces
    /// Counters of the interfaces.
    case counters
    /// Policy rules.
    case rules
    /// FIB tables.
    case tables
    /// The nat tables of both backends.
    case nat
    /// The chains that forwarded packets pass.
    case forward
    /// Kernel parameters, and natdeck's own file of them.
    case sysctls
    /// What the cloud tells.
    case cloud
    /// Hosts on the links.
    case neighbours
    /// What the flows of hosts add up to.
    case flows
    /// The change that is pending.
    case pending
    /// Where SSH sessions come from.
    case sshPeers
    /// The assignments as they were kept.
    case saved
    /// What else is on the box.
    case environment
}

extension Snapshot {
    /// Takes these parts from a later snapshot.
    public mutating func adopt(_ parts: Set<SnapshotPart>, from later: Snapshot) {
        takenAtMilliseconds = later.takenAtMilliseconds
        for part in parts {
            switch part {
            case .interfaces: interfaces = later.interfaces
            case .counters: counters = later.counters
            case .rules: rules = later.rules
            case .tables: tables = later.tables
            case .nat: nat = later.nat
            case .forward: forward = later.forward
            case .sysctls:
                sysctls = later.sysctls
                sysctlFile = later.sysctlFile
            case .cloud: cloud = later.cloud
            case .neighbours: neighbours = later.neighbours
            case .flows: flows = later.flows
            case .pending: pending = later.pending
            case .sshPeers: sshPeers = later.sshPeers
            case .saved:
                saved = later.saved
                gate = later.gate
            case .environment: environment = later.environment
            }
        }
    }

    /// A snapshot of which nothing has been read yet.
    public static func unread(hostName: String) -> Snapshot {
        func missing<Value>() -> Reading<Value> { .failed(.unread) }
        return Snapshot(
            takenAtMilliseconds: 0, hostName: hostName, interfaces: missing(), counters: missing(),
            rules: missing(), tables: missing(), nat: missing(), sysctls: missing(),
            sysctlFile: missing(), cloud: missing(), neighbours: missing())
    }
}

extension Snapshot {
    /// Why a part could not be read; `nil` where it could.
    public func failure(of part: SnapshotPart) -> ReadFailure? {
        switch part {
        case .interfaces: interfaces.failure
        case .counters: counters.failure
        case .rules: rules.failure
        case .tables: tables.failure
        case .nat: nat.failure
        case .forward: forward.failure
        case .sysctls: sysctls.failure ?? sysctlFile.failure
        case .cloud: cloud.failure
        case .neighbours: neighbours.failure
        // Without conntrack there are no flows: where it is shown, that is said.
        case .flows: nil
        case .pending: pending.failure
        case .sshPeers: sshPeers.failure
        case .saved: saved.failure
        // Its parts fail one by one, and say so where they are shown.
        case .environment: nil
        }
    }
}

extension ReadFailure {
    /// Nobody has tried yet.
    public static let unread = ReadFailure("this part of the box", "not read yet")
}
