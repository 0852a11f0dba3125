extension IPv4Prefix {
    /// Networks that are internal wherever they are: private (RFC 1918), shared (RFC 6598) and
    /// link-local (RFC 3927). No egress is for what goes there.
    public static let internals = [
        "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "169.254.0.0/16",
    ].compactMap { IPv4Prefix($0) }
}

extension IPv4Prefix {
    /// Whether all of it is internal wherever it is.
    public var isInternal: Bool { Self.internals.contains { $0.contains(self) } }
}

extension IPv4Address {
    /// Whether it is in a network that is internal wherever it is.
    public var isInternal: Bool { IPv4Prefix.internals.contains { $0.contains(self) } }
}
