public import NATModel

/// What `aws ec2 describe-…` answers of the box's interfaces, their groups and the subnets around.
public enum CloudSetupReply {
    /// Reads `describe-network-interfaces`.
    public static func interfaces(
        _ bytes: [UInt8]
    ) throws(ParseError) -> [CloudSetup.Interface] {
        var interfaces: [CloudSetup.Interface] = []
        for entry in try JSONValue.parse(bytes).elements("NetworkInterfaces") {
            let id = try entry.need("NetworkInterfaceId")
            guard let checks = try entry.truth("SourceDestCheck") else {
                throw ParseError("SourceDestCheck is missing", in: id)
            }
            var addresses: [CloudSetup.Interface.Address] = []
            // Secondary addresses have associations of their own.
            let own = try entry.elements("PrivateIpAddresses").compactMap { $0["Association"] }
            for association in own + [entry["Association"]].compactMap(\.self) {
                guard let address = try association.address("PublicIp"),
                    !addresses.contains(where: { $0.address == address })
                else { continue }
                let isElastic = try association.text("AllocationId") != nil
                addresses.append(.init(address, isElastic: isElastic))
            }
            var groups: [String] = []
            for group in try entry.elements("Groups") { groups.append(try group.need("GroupId")) }
            interfaces.append(
                CloudSetup.Interface(
                    id: id, checksSourceAndDestination: checks, groups: groups,
                    subnet: try entry.text("SubnetId"), addresses: addresses))
        }
        return interfaces
    }

    /// Reads `describe-security-groups`.
    public static func groups(
        _ bytes: [UInt8]
    ) throws(ParseError) -> [CloudSetup.SecurityGroup] {
        var groups: [CloudSetup.SecurityGroup] = []
        for entry in try JSONValue.parse(bytes).elements("SecurityGroups") {
            var group = CloudSetup.SecurityGroup(
                id: try entry.need("GroupId"), name: try entry.text("GroupName") ?? "", admits: [],
                others: [])
            for permission in try entry.elements("IpPermissions") {
                try add(permission, to: &group)
            }
            if entry["IpPermissionsEgress"] != nil {
                var sending = CloudSetup.SecurityGroup.Sending()
                for permission in try entry.elements("IpPermissionsEgress") {
                    try add(permission, to: &sending)
                }
                group.sends = sending
            }
            groups.append(group)
        }
        return groups
    }

    private static func add(
        _ permission: JSONValue, to group: inout CloudSetup.SecurityGroup
    ) throws(ParseError) {
        let permission = try Permission(permission)
        for network in permission.networks {
            if permission.isEverything {
                group.admits.append(network)
                continue
            }
            if permission.what == everyPort("tcp") { group.admitsTCP.append(network) }
            if permission.what == everyPort("udp") { group.admitsUDP.append(network) }
        }
        group.others += permission.words("from")
        if permission.isEverything { group.admitsNamed += permission.named.map(\.id) }
    }

    private static func add(
        _ permission: JSONValue, to sending: inout CloudSetup.SecurityGroup.Sending
    ) throws(ParseError) {
        let permission = try Permission(permission)
        for network in permission.networks {
            if permission.isEverything {
                sending.everything.append(network)
                continue
            }
            if permission.what == everyPort("tcp") { sending.ofTCP.append(network) }
            if permission.what == everyPort("udp") { sending.ofUDP.append(network) }
        }
        sending.others += permission.words("to")
    }

    /// What a rule of a security group lets through, and for whom.
    ///
    /// Source: `IpPermission` in the EC2 API reference; the protocol `-1` is every one.
    private struct Permission {
        let isEverything: Bool
        let what: String
        var networks: [IPv4Prefix] = []
        /// Whom it names by other than networks: the number, and what that is in words.
        var named: [(id: String, words: String)] = []

        init(_ value: JSONValue) throws(ParseError) {
            isEverything = try value.need("IpProtocol") == "-1"
            what = isEverything ? "everything" : try CloudSetupReply.words(value)
            for range in try value.elements("IpRanges") {
                if let network = try range.prefix("CidrIp") { networks.append(network) }
            }
            for pair in try value.elements("UserIdGroupPairs") {
                let id = try pair.need("GroupId")
                named.append((id, "members of \(id)"))
            }
            for list in try value.elements("PrefixListIds") {
                let id = try list.need("PrefixListId")
                named.append((id, "the list \(id)"))
            }
        }

        /// What is not wholly open to a network, a few words each.
        func words(_ preposition: String) -> [String] {
            ((isEverything ? [] : networks.map { "\($0)" }) + named.map(\.words)).map {
                "\(what) \(preposition) \($0)"
            }
        }
    }

    private static func everyPort(_ name: String) -> String { "\(name) 0-65535" }

    private static func words(_ permission: JSONValue) throws(ParseError) -> String {
        let name = try permission.need("IpProtocol")
        guard let first = permission.whole("FromPort"), let last = permission.whole("ToPort"),
            first != -1
        else { return name }
        return first == last ? "\(name) \(first)" : "\(name) \(first)-\(last)"
    }

    /// Reads the addresses of the members of groups out of `describe-network-interfaces`, by group.
    public static func members(
        _ bytes: [UInt8], of groups: [String]
    ) throws(ParseError) -> [String: [IPv4Prefix]] {
        var members = Dictionary(groups.map { ($0, [IPv4Prefix]()) }, uniquingKeysWith: { $1 })
        for entry in try JSONValue.parse(bytes).elements("NetworkInterfaces") {
            var addresses: [IPv4Prefix] = []
            for pair in try entry.elements("PrivateIpAddresses") {
                guard let own = try pair.address("PrivateIpAddress") else { continue }
                addresses.append(IPv4Prefix(own))
            }
            for group in try entry.elements("Groups") {
                members[try group.need("GroupId")]? += addresses
            }
        }
        return members
    }

    /// Reads the networks of a list out of `get-managed-prefix-list-entries`; those of IPv6 are
    /// nobody's whom this box translates.
    public static func networks(_ bytes: [UInt8]) throws(ParseError) -> [IPv4Prefix] {
        var networks: [IPv4Prefix] = []
        for entry in try JSONValue.parse(bytes).elements("Entries") {
            let text = try entry.need("Cidr")
            if !text.contains(":"), let network = try entry.prefix("Cidr") {
                networks.append(network)
            }
        }
        return networks
    }

    /// Reads `describe-subnets` and `describe-route-tables`: every subnet with its own table, or with
    /// the VPC's main one.
    public static func subnets(
        _ subnets: [UInt8], tables: [UInt8]
    ) throws(ParseError) -> [CloudSetup.Subnet] {
        // A VPC has one main table; a box may be in several.
        var main: [String: Table] = [:]
        var own: [String: Table] = [:]
        for entry in try JSONValue.parse(tables).elements("RouteTables") {
            let table = try Table(entry)
            for association in try entry.elements("Associations") {
                if let subnet = try association.text("SubnetId") {
                    own[subnet] = table
                } else if try association.truth("Main") == true {
                    main[try entry.text("VpcId") ?? ""] = table
                }
            }
        }
        var found: [CloudSetup.Subnet] = []
        for entry in try JSONValue.parse(subnets).elements("Subnets") {
            let id = try entry.need("SubnetId")
            // One of IPv6 alone is nobody's whom this box translates.
            guard let network = try entry.prefix("CidrBlock") else { continue }
            let vpc = try entry.text("VpcId") ?? ""
            guard let table = own[id] ?? main[vpc] else {
                throw ParseError("no route table", in: id)
            }
            var subnet = CloudSetup.Subnet(
                id: id, network: network, table: table.id, way: table.way)
            subnet.isBlackhole = table.isBlackhole
            subnet.besides = table.besides
            found.append(subnet)
        }
        return found
    }

    /// A route table, as far as it leads outside.
    private struct Table {
        var id: String
        var way: CloudRouteTarget?
        var isBlackhole = false
        var besides: [String] = []

        init(_ entry: JSONValue) throws(ParseError) {
            id = try entry.need("RouteTableId")
            for route in try entry.elements("Routes") {
                let target = try CloudSetupReply.target(of: route)
                if try route.text("DestinationCidrBlock") == "0.0.0.0/0" {
                    guard let target else {
                        throw ParseError("a default route to nothing that is known", in: id)
                    }
                    way = target
                    isBlackhole = try route.text("State") == "blackhole"
                } else if let destination = try CloudSetupReply.outside(route) {
                    besides.append("\(destination) leads to \(target?.id ?? "something else")")
                }
            }
        }
    }

    /// Where a route that is no default leads to the outside; `nil` for one that stays inside.
    private static func outside(_ route: JSONValue) throws(ParseError) -> String? {
        if try route.text("GatewayId") == "local" { return nil }
        if let list = try route.text("DestinationPrefixListId") { return list }
        if let network = try route.prefix("DestinationCidrBlock") {
            return network.isInternal ? nil : network.description
        }
        return try route.text("DestinationIpv6CidrBlock") == "::/0" ? "::/0" : nil
    }

    private static let targets: [(name: String, kind: CloudRouteTarget.Kind)] = [
        // A route to an instance names its interface too.
        ("NetworkInterfaceId", .interface), ("NatGatewayId", .natGateway),
        ("TransitGatewayId", .transitGateway), ("VpcPeeringConnectionId", .peering),
        ("LocalGatewayId", .localGateway), ("CarrierGatewayId", .carrierGateway),
        ("CoreNetworkArn", .coreNetwork), ("OdbNetworkArn", .databaseNetwork),
        ("GatewayId", .gateway), ("EgressOnlyInternetGatewayId", .gateway),
    ]

    private static func target(of route: JSONValue) throws(ParseError) -> CloudRouteTarget? {
        for (name, kind) in targets {
            guard let id = try route.text(name) else { continue }
            // An endpoint stands where a gateway does, and is no gateway to the commands.
            return CloudRouteTarget(id.hasPrefix("vpce-") ? .endpoint : kind, id)
        }
        return nil
    }
}
