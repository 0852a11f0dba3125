/// An assignment as the operator keeps it in `/etc/natdeck/assignments`.
public struct SavedAssignment: Hashable, Codable, Sendable {
    /// The file.
    public static let path = "/etc/natdeck/assignments"

    /// The source.
    public var source: IPv4Prefix
    /// The name that stands for it; `nil` where it is kept by its address.
    public var name: SourceName?
    /// Where it is to leave.
    public var egress: Egress
    /// The rules of the operator's own for this source that were taken over, which come back when
    /// it is released; `nil` where there were none.
    public var insteadOf: [RoutingPolicyRule]?

    /// A source that is to leave so.
    public init(
        source: IPv4Prefix, egress: Egress, insteadOf: [RoutingPolicyRule]? = nil,
        name: SourceName? = nil
    ) {
        self.source = source
        self.name = name
        self.egress = egress
        self.insteadOf = insteadOf
    }
}

/// A line of that file: a name, and where what it stands for is to leave.
public struct NamedAssignment: Hashable, Sendable {
    /// The name; a prefix is one, too.
    public var name: SourceName
    /// The egress.
    public var egress: Egress
    /// The rules of the operator's own that were taken over for it, which only a prefix has; `nil`
    /// where there were none.
    public var insteadOf: [RoutingPolicyRule]?

    /// What this stands for is to leave so.
    public init(_ name: SourceName, egress: Egress, insteadOf: [RoutingPolicyRule]? = nil) {
        self.name = name
        self.egress = egress
        self.insteadOf = insteadOf
    }
}

/// A source whose way out in the kernel differs from what was kept.
public struct Drift: Hashable, Sendable {
    /// The source.
    public var source: IPv4Prefix
    /// The egress the file names; `nil` where the file does not name the source.
    public var kept: Egress?
    /// Where it really leaves; `nil` where no rule is for it, or it leaves by none.
    public var present: Egress?

    /// A difference of this source.
    public init(source: IPv4Prefix, kept: Egress?, present: Egress?) {
        self.source = source
        self.kept = kept
        self.present = present
    }
}
