public import NATModel

/// Which connections are to end.
public enum Cut: Hashable, Codable, Sendable {
    /// Every translated one of these sources.
    case all([IPv4Prefix])
    /// Those of these sources that still leave by another interface than their rules say by now, or with another address.
    case old([IPv4Prefix])
    /// These.
    case flows([FlowKey])

    /// The sources it is about.
    public var sources: [IPv4Prefix] {
        switch self {
        case .all(let sources), .old(let sources): sources.uniqued()
        case .flows(let keys): keys.map { IPv4Prefix($0.original.source) }.uniqued()
        }
    }
}
