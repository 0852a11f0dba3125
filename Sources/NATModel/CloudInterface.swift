/// What the cloud says of one network interface.
///
/// Source: AWS IMDSv2, `/latest/meta-data/network/interfaces/macs/MAC/`; Azure IMDS,
/// `/metadata/instance/network`; Google, `/computeMetadata/v1/instance/network-interfaces/`.
public struct CloudInterface: Hashable, Codable, Sendable {
    /// Hardware address in lower case with colons, which ties it to an `Interface`.
    public var mac: String
    /// Public addresses, each with the private address it maps to where that is told.
    public var publicAddresses: [PublicAddress]
    /// The subnet the interface is in; `nil` where that is not told.
    public var subnet: IPv4Prefix?
    /// The networks of the VPC the subnet is in; empty where that is not told, as by Azure and
    /// Google.
    public var vpcNetworks: [IPv4Prefix]

    /// How AWS calls it; `nil` in other clouds.
    public var aws: AWSInterface?

    /// What the cloud says of the interface with this hardware address.
    public init(
        mac: String, publicAddresses: [PublicAddress] = [], subnet: IPv4Prefix? = nil,
        vpcNetworks: [IPv4Prefix] = [], aws: AWSInterface? = nil
    ) {
        self.mac = mac
        self.publicAddresses = publicAddresses
        self.subnet = subnet
        self.vpcNetworks = vpcNetworks
        self.aws = aws
    }

    /// The gateway: all three clouds reserve the first address of every subnet for their router.
    public var gateway: IPv4Address? {
        subnet.map { IPv4Address(rawValue: $0.network.rawValue &+ 1) }
    }
}

/// How AWS calls an interface and the places it is in.
public struct AWSInterface: Hashable, Codable, Sendable {
    /// The interface, such as `eni-0123456789abcdef0`.
    public var id: String
    /// Its subnet; `nil` where that is not told.
    public var subnet: String?
    /// Its VPC; `nil` where that is not told.
    public var vpc: String?
    /// The region, such as `eu-central-1`; `nil` where that is not told.
    public var region: String?

    /// An interface that is called so.
    public init(id: String, subnet: String? = nil, vpc: String? = nil, region: String? = nil) {
        self.id = id
        self.subnet = subnet
        self.vpc = vpc
        self.region = region
    }
}
