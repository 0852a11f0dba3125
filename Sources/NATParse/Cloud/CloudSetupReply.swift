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
                others: [], mayAdmitMore: false)
            for permission in try entry.elements("IpPermissions") {
                try add(permission, to: &group)
            }
            groups.append(group)
        }
        return groups
    }

    /// Source: `IpPermission` in the EC2 API reference; the protocol `-1` is every one.
    private static func add(
        _ permission: JSONValue, to group: inout CloudSetup.SecurityGroup
    ) throws(ParseError) {
        let isEverything = try permission.need("IpProtocol") == "-1"
        let what = isEverything ? "everything" : try words(permission)
        for range in try permission.elements("IpRanges") {
            guard let network = try range.prefix("CidrIp") else { continue }
            if isEverything {
                group.admits.append(network)
            } else {
                group.others.append("\(what) from \(network)")
            }
        }
        for pair in try permission.elements("UserIdGroupPairs") {
            group.others.append("\(what) from members of \(try pair.text("GroupId") ?? "a group")")
            if isEverything { group.mayAdmitMore = true }
        }
        for list in try permission.elements("PrefixListIds") {
            group.others.append("\(what) from the list \(try list.text("PrefixListId") ?? "")")
            if isEverything { group.mayAdmitMore = true }
        }
    }

    private static func words(_ permission: JSONValue) throws(ParseError) -> String {
        let name = try permission.need("IpProtocol")
        guard let first = permission.whole("FromPort"), let last = permission.whole("ToPort"),
            first != -1
        else { return name }
        return first == last ? "\(name) \(first)" : "\(name) \(first)-\(last)"
    }

    /// Reads `describe-subnets` and `describe-route-tables`: every subnet with its own table, or with
    /// the VPC's main one.
    public static func subnets(
        _ subnets: [UInt8], tables: [UInt8]
    ) throws(ParseError) -> [CloudSetup.Subnet] {
        var main: (table: String, way: CloudRouteTarget?)?
        var own: [String: (table: String, way: CloudRouteTarget?)] = [:]
        for entry in try JSONValue.parse(tables).elements("RouteTables") {
            let table = (try entry.need("RouteTableId"), try way(entry))
            for association in try entry.elements("Associations") {
                if let subnet = try association.text("SubnetId") {
                    own[subnet] = table
                } else if try association.truth("Main") == true {
                    main = table
                }
            }
        }
        var found: [CloudSetup.Subnet] = []
        for entry in try JSONValue.parse(subnets).elements("Subnets") {
            let id = try entry.need("SubnetId")
            guard let network = try entry.prefix("CidrBlock"), let table = own[id] ?? main else {
                throw ParseError("neither a network nor a route table", in: id)
            }
            found.append(
                CloudSetup.Subnet(id: id, network: network, table: table.table, way: table.way))
        }
        return found
    }

    private static let targets: [(name: String, kind: CloudRouteTarget.Kind)] = [
        // A route to an instance names its interface too.
        ("NetworkInterfaceId", .interface), ("NatGatewayId", .natGateway),
        ("TransitGatewayId", .transitGateway), ("VpcPeeringConnectionId", .peering),
        ("LocalGatewayId", .localGateway), ("CarrierGatewayId", .carrierGateway),
        ("CoreNetworkArn", .coreNetwork), ("GatewayId", .gateway),
    ]

    private static func way(_ table: JSONValue) throws(ParseError) -> CloudRouteTarget? {
        for route in try table.elements("Routes")
        where try route.text("DestinationCidrBlock") == "0.0.0.0/0" {
            for (name, kind) in targets {
                if let id = try route.text(name) { return CloudRouteTarget(kind, id) }
            }
        }
        return nil
    }
}
