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
    /// What the cloud tells, and the operator of what it does not.
    case cloud
    /// What the cloud is set up to do, which takes seconds to be told.
    case cloudSetup
    /// Hosts on the links.
    case neighbours
    /// What the flows of hosts add up to.
    case flows
    /// How full the table of flows is.
    case conntrack
    /// The change that is pending.
    case pending
    /// Where SSH sessions come from.
    case sshPeers
    /// The assignments as they were kept.
    case saved
    /// What else is on the box.
    case environment
}

extension SnapshotPart {
    /// All that is read by itself: each part but what takes seconds.
    public static let routine = Set(allCases).subtracting([.cloudSetup])

    /// The fields of a snapshot that this part fills, and what of it counts as its failure.
    fileprivate var fields: [SnapshotField] {
        switch self {
        case .interfaces: [SnapshotField(\.interfaces)]
        case .counters: [SnapshotField(\.counters)]
        case .rules: [SnapshotField(\.rules)]
        case .tables: [SnapshotField(\.tables)]
        case .nat: [SnapshotField(\.nat)]
        case .forward: [SnapshotField(\.forward), SnapshotField(quiet: \.markBits)]
        case .sysctls:
            [
                SnapshotField(\.sysctls), SnapshotField(\.sysctlFile),
                SnapshotField(quiet: \.kernel),
            ]
        // What is wrong with the operator's file has nothing to do with the cloud.
        case .cloud:
            [
                SnapshotField(\.cloud), SnapshotField(quiet: \.publicAddressFile),
                SnapshotField(quiet: \.probed),
            ]
        case .cloudSetup: [SnapshotField(\.cloudSetup)]
        case .neighbours: [SnapshotField(\.neighbours)]
        // Without conntrack there are no flows: where they are shown, that is said.
        case .flows: [SnapshotField(quiet: \.flows)]
        case .conntrack: [SnapshotField(quiet: \.conntrack)]
        case .pending: [SnapshotField(\.pending)]
        case .sshPeers: [SnapshotField(\.sshPeers)]
        // Why there can be no gate is the guard's to tell.
        case .saved:
            [SnapshotField(\.saved), SnapshotField(quiet: \.names), SnapshotField(quiet: \.gate)]
        // Its parts fail one by one, and say so where they are shown.
        case .environment: [SnapshotField(quiet: \.environment)]
        }
    }
}

/// A field of a snapshot: how it is taken over, and why it could not be read.
private struct SnapshotField {
    let adopt: (_ snapshot: inout Snapshot, _ later: Snapshot) -> Void
    let failure: (Snapshot) -> ReadFailure?
    let isSame: (Snapshot, Snapshot) -> Bool

    /// A field whose failure is one of its part.
    init<Value: Equatable>(_ path: WritableKeyPath<Snapshot, Reading<Value>>) {
        adopt = { $0[keyPath: path] = $1[keyPath: path] }
        isSame = { $0[keyPath: path] == $1[keyPath: path] }
        failure = { $0[keyPath: path].failure }
    }

    /// A field whose failure is told elsewhere.
    init<Value: Equatable>(quiet path: WritableKeyPath<Snapshot, Value>) {
        adopt = { $0[keyPath: path] = $1[keyPath: path] }
        isSame = { $0[keyPath: path] == $1[keyPath: path] }
        failure = { _ in nil }
    }
}

extension SnapshotPart {
    /// Whether two snapshots say the same of it, or fail alike.
    func isSame(_ some: Snapshot, _ other: Snapshot) -> Bool {
        fields.allSatisfy { $0.isSame(some, other) }
    }
}

extension Snapshot {
    /// Takes these parts from a later snapshot.
    public mutating func adopt(_ parts: Set<SnapshotPart>, from later: Snapshot) {
        takenAtMilliseconds = later.takenAtMilliseconds
        for field in parts.lazy.flatMap(\.fields) { field.adopt(&self, later) }
    }

    /// Why a part could not be read; `nil` where it could.
    public func failure(of part: SnapshotPart) -> ReadFailure? {
        part.fields.lazy.compactMap { $0.failure(self) }.first
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

extension ReadFailure {
    /// Nobody has tried yet.
    public static let unread = ReadFailure("this part of the box", "not read yet")
}
