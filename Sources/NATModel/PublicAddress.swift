/// An address under which the outside world sees traffic of an interface.
public struct PublicAddress: Hashable, Codable, Sendable {
    /// The address the outside sees.
    public var address: IPv4Address
    /// The interface's own address that is mapped to it; `nil` where that is not told.
    public var privateAddress: IPv4Address?
    /// Where it was learnt.
    public var source: Source
    /// When it was learnt, in milliseconds since 1970-01-01 UTC; `nil` for what is asked anew each
    /// time.
    public var learntAtMilliseconds: Int64?

    /// Where a public address was learnt.
    public enum Source: String, Hashable, Codable, Sendable {
        /// The metadata service of AWS.
        case metadata
        /// The metadata service of Azure, of the interface itself.
        case azure
        /// The metadata service of Azure, of its load balancer: there stand addresses of the
        /// standard kind.
        case azureLoadBalancer = "azure-load-balancer"
        /// The metadata service of Google Cloud.
        case google
        /// The operator says so in `/etc/natdeck/public-addresses`.
        case file
        /// An outside service was asked.
        case probe
        /// The interface itself carries a globally routable address.
        case interface
    }

    /// A public address, and where it was learnt.
    public init(_ address: IPv4Address, privateAddress: IPv4Address?, source: Source) {
        self.address = address
        self.privateAddress = privateAddress
        self.source = source
    }
}
