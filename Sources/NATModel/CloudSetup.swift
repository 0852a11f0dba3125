/// What AWS is set up to do with the traffic of this box and of the subnets around it: the half of
/// the job that nothing on the box shows.
///
/// Source: `aws ec2 describe-network-interfaces`, `-security-groups`, `-subnets`, `-route-tables`.
public struct CloudSetup: Hashable, Codable, Sendable {
    /// The box's own interfaces.
    public var interfaces: [Interface]
    /// The security groups of those.
    public var groups: [SecurityGroup]
    /// The subnets of the box's VPC.
    public var subnets: [Subnet]
    /// The region all of it is in; `nil` where that is not told.
    public var region: String?
    /// The addresses of the members of groups, and the networks of lists, that the box's groups let
    /// in, by their numbers; one of which it is not known is missing.
    public var named: [String: [IPv4Prefix]] = [:]
    /// Why it is not known of one; `nil` where it is known of all.
    public var whyNotNamed: ReadFailure?

    /// A network interface as AWS has it.
    public struct Interface: Hashable, Codable, Sendable {
        /// Such as `eni-0123456789abcdef0`.
        public var id: String
        /// Whether AWS drops what is neither from nor to an address of the interface.
        public var checksSourceAndDestination: Bool
        /// Its security groups.
        public var groups: [String]
        /// The subnet it is in; `nil` where that is not told.
        public var subnet: String?
        /// Its public addresses, each with whether it stays when the instance stops (an elastic
        /// one).
        public var addresses: [Address]

        /// A public address of an interface.
        public struct Address: Hashable, Codable, Sendable {
            /// The address.
            public var address: IPv4Address
            /// Whether it is an elastic one.
            public var isElastic: Bool

            /// A public address.
            public init(_ address: IPv4Address, isElastic: Bool) {
                self.address = address
                self.isElastic = isElastic
            }
        }

        /// An interface of this number.
        public init(
            id: String, checksSourceAndDestination: Bool, groups: [String], subnet: String?,
            addresses: [Address]
        ) {
            self.id = id
            self.checksSourceAndDestination = checksSourceAndDestination
            self.groups = groups
            self.subnet = subnet
            self.addresses = addresses
        }
    }

    /// A security group, as far as it lets something in.
    public struct SecurityGroup: Hashable, Codable, Sendable {
        /// Such as `sg-0123456789abcdef0`.
        public var id: String
        /// Its name.
        public var name: String
        /// The networks it lets in with every protocol.
        public var admits: [IPv4Prefix]
        /// What else it lets in, in words: single protocols and ports, members of other groups.
        public var others: [String]
        /// The networks it lets in with every port of TCP.
        public var admitsTCP: [IPv4Prefix] = []
        /// The networks it lets in with every port of UDP.
        public var admitsUDP: [IPv4Prefix] = []
        /// What it lets out; `nil` where that is not told.
        public var sends: Sending?
        /// The groups whose members, and the lists whose networks, it lets in with every protocol, by
        /// their numbers.
        public var admitsNamed: [String]

        /// What a group lets out.
        public struct Sending: Hashable, Codable, Sendable {
            /// The networks to which it lets out everything.
            public var everything: [IPv4Prefix] = []
            /// The networks to which it lets out every port of TCP.
            public var ofTCP: [IPv4Prefix] = []
            /// The networks to which it lets out every port of UDP.
            public var ofUDP: [IPv4Prefix] = []
            /// What else it lets out, in words.
            public var others: [String] = []

            /// Nothing.
            public init() {}
        }

        /// A group of this number.
        public init(
            id: String, name: String, admits: [IPv4Prefix], others: [String],
            admitsNamed: [String] = []
        ) {
            self.id = id
            self.name = name
            self.admits = admits
            self.others = others
            self.admitsNamed = admitsNamed
        }
    }

    /// A subnet and where its default route leads.
    public struct Subnet: Hashable, Codable, Sendable {
        /// Such as `subnet-0123456789abcdef0`.
        public var id: String
        /// Its network.
        public var network: IPv4Prefix
        /// Its route table.
        public var table: String
        /// The target of its default route; `nil` where it has none.
        public var way: CloudRouteTarget?
        /// Whether the target of its default route is gone: AWS drops what is sent to it.
        public var isBlackhole = false
        /// What its table sends elsewhere of what goes outside, each in words such as `pl-1 leads to
        /// vpce-1`: prefix lists, other public networks, IPv6.
        public var besides: [String] = []

        /// A subnet with this route table.
        public init(id: String, network: IPv4Prefix, table: String, way: CloudRouteTarget?) {
            self.id = id
            self.network = network
            self.table = table
            self.way = way
        }
    }

    /// What was read of these parts.
    public init(
        interfaces: [Interface], groups: [SecurityGroup], subnets: [Subnet], region: String?
    ) {
        self.interfaces = interfaces
        self.groups = groups
        self.subnets = subnets
        self.region = region
    }

    /// The group of this number; `nil` where it was not read.
    public func group(_ id: String) -> SecurityGroup? { groups.first { $0.id == id } }

    /// The networks that a group lets in with every protocol, whom it names by number too.
    public func admitted(by group: SecurityGroup) -> [IPv4Prefix] {
        group.admits + group.admitsNamed.flatMap { named[$0] ?? [] }
    }
}

/// Where a route of a VPC's route table leads.
public struct CloudRouteTarget: Hashable, Sendable {
    /// What kind of thing it is.
    public var kind: Kind
    /// Its number, such as `igw-0123456789abcdef0`.
    public var id: String

    /// Kinds of targets, as the options of `aws ec2 replace-route` call them.
    public enum Kind: String, Hashable, Sendable, CaseIterable {
        case interface = "network-interface-id"
        case gateway = "gateway-id"
        case natGateway = "nat-gateway-id"
        case transitGateway = "transit-gateway-id"
        case peering = "vpc-peering-connection-id"
        case localGateway = "local-gateway-id"
        case carrierGateway = "carrier-gateway-id"
        case coreNetwork = "core-network-arn"
        case endpoint = "vpc-endpoint-id"
        case databaseNetwork = "odb-network-arn"
    }

    /// A target of this kind.
    public init(_ kind: Kind, _ id: String) {
        self.kind = kind
        self.id = id
    }
}

extension CloudRouteTarget: TextCodable {
    /// `gateway-id=igw-0123`.
    public var description: String { "\(kind.rawValue)=\(id)" }

    /// Reads that.
    public init?(_ text: String) {
        let parts = text.split(separator: "=", maxSplits: 1)
        guard parts.count == 2, let kind = Kind(rawValue: String(parts[0])) else { return nil }
        self.init(kind, String(parts[1]))
    }
}
