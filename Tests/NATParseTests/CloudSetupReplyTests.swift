import NATModel
import Testing

import NATParse

/// Replies in the form that `aws` 1.46 prints, of moto 5 and of AWS's documentation.
@Suite struct CloudSetupReplyTests {
    @Test func `reads interfaces with their check, groups and addresses`() throws {
        let found = try CloudSetupReply.interfaces(
            Array(
                """
                {"NetworkInterfaces":[{"NetworkInterfaceId":"eni-1","SourceDestCheck":true,
                "SubnetId":"subnet-1","Groups":[{"GroupId":"sg-1","GroupName":"nat"}],
                "Association":{"PublicIp":"203.0.113.7","AllocationId":"eipalloc-1"},
                "PrivateIpAddresses":[{"PrivateIpAddress":"10.0.0.5","Primary":true,
                "Association":{"PublicIp":"203.0.113.7","AllocationId":"eipalloc-1"}},
                {"PrivateIpAddress":"10.0.0.6","Association":{"PublicIp":"203.0.113.8"}}]},
                {"NetworkInterfaceId":"eni-2","SourceDestCheck":false,"Groups":[]}]}
                """.utf8))
        #expect(found.map(\.id) == ["eni-1", "eni-2"])
        #expect(found.map(\.checksSourceAndDestination) == [true, false])
        #expect(found.map(\.groups) == [["sg-1"], []])
        #expect(found[0].addresses.map(\.isElastic) == [true, false])
        #expect(
            found[0].addresses.map(\.address.description) == ["203.0.113.7", "203.0.113.8"])
        #expect(throws: ParseError.self) {
            try CloudSetupReply.interfaces(
                Array(#"{"NetworkInterfaces":[{"NetworkInterfaceId":"eni-1"}]}"#.utf8))
        }
    }

    @Test func `reads what groups let in, and what of it is not known`() throws {
        let group = try #require(
            try CloudSetupReply.groups(
                Array(
                    """
                    {"SecurityGroups":[{"GroupId":"sg-1","GroupName":"nat","IpPermissions":[
                    {"IpProtocol":"-1","IpRanges":[{"CidrIp":"172.31.26.0/24"}],
                    "UserIdGroupPairs":[{"GroupId":"sg-2"}]},
                    {"IpProtocol":"tcp","FromPort":22,"ToPort":22,
                    "IpRanges":[{"CidrIp":"0.0.0.0/0"}]},
                    {"IpProtocol":"udp","FromPort":1,"ToPort":9,"PrefixListIds":
                    [{"PrefixListId":"pl-1"}]}]}]}
                    """.utf8)
            ).first)
        #expect(group.admits.map(\.description) == ["172.31.26.0/24"])
        #expect(group.admitsNamed == ["sg-2"])
        #expect(
            group.others == [
                "everything from members of sg-2", "tcp 22 from 0.0.0.0/0",
                "udp 1-9 from the list pl-1",
            ])
    }

    @Test func `reads who is a member of groups, and what is on a list`() throws {
        let members = try CloudSetupReply.members(
            Array(
                """
                {"NetworkInterfaces":[{"Groups":[{"GroupId":"sg-2"},{"GroupId":"sg-9"}],
                "PrivateIpAddresses":[{"PrivateIpAddress":"10.0.0.5"},
                {"PrivateIpAddress":"10.0.0.6"}]},{"Groups":[{"GroupId":"sg-2"}],
                "PrivateIpAddresses":[]}]}
                """.utf8), of: ["sg-2", "sg-3"])
        #expect(members["sg-2"]?.map(\.description) == ["10.0.0.5", "10.0.0.6"])
        #expect(members["sg-3"] == [])
        #expect(members["sg-9"] == nil)
        let networks = try CloudSetupReply.networks(
            Array(
                """
                {"Entries":[{"Cidr":"10.0.0.0/8","Description":"hosts"},{"Cidr":"fd00::/8"}]}
                """.utf8))
        #expect(networks.map(\.description) == ["10.0.0.0/8"])
        #expect(throws: ParseError.self) {
            try CloudSetupReply.networks(Array(#"{"Entries":[{"Cidr":"10.0.0.300/8"}]}"#.utf8))
        }
    }

    @Test func `reads what groups let out, and ports that are all of them`() throws {
        let groups = try CloudSetupReply.groups(
            Array(
                """
                {"SecurityGroups":[{"GroupId":"sg-1","IpPermissions":[
                {"IpProtocol":"tcp","FromPort":0,"ToPort":65535,"IpRanges":[{"CidrIp":"10.0.0.0/8"}],
                "Ipv6Ranges":[{"CidrIpv6":"::/0"}]},
                {"IpProtocol":"udp","FromPort":0,"ToPort":65535,"IpRanges":[{"CidrIp":"10.0.0.0/9"}]},
                {"IpProtocol":"icmp","FromPort":-1,"ToPort":-1,"IpRanges":[{"CidrIp":"10.0.0.0/8"}]}],
                "IpPermissionsEgress":[
                {"IpProtocol":"tcp","FromPort":443,"ToPort":443,"IpRanges":[{"CidrIp":"0.0.0.0/0"}]},
                {"IpProtocol":"-1","IpRanges":[{"CidrIp":"10.0.0.0/8"}],"PrefixListIds":
                [{"PrefixListId":"pl-1"}],"UserIdGroupPairs":[{"GroupId":"sg-2"}]}]},
                {"GroupId":"sg-2","IpPermissions":[],"IpPermissionsEgress":[]},
                {"GroupId":"sg-3","IpPermissions":[]}]}
                """.utf8))
        #expect(groups[0].admits.isEmpty && groups[0].admitsNamed.isEmpty)
        #expect(groups[0].admitsTCP.map(\.description) == ["10.0.0.0/8"])
        #expect(groups[0].admitsUDP.map(\.description) == ["10.0.0.0/9"])
        #expect(
            groups[0].others == [
                "tcp 0-65535 from 10.0.0.0/8", "udp 0-65535 from 10.0.0.0/9",
                "icmp from 10.0.0.0/8",
            ])
        #expect(groups[0].sends?.everything.map(\.description) == ["10.0.0.0/8"])
        #expect(
            groups[0].sends?.others == [
                "tcp 443 to 0.0.0.0/0", "everything to members of sg-2",
                "everything to the list pl-1",
            ])
        #expect(groups[1].sends == .init())
        #expect(groups[2].sends == nil)
    }

    @Test func `every VPC has a main table, and what else a table sends elsewhere is read`() throws
    {
        let tables = """
            {"RouteTables":[{"RouteTableId":"rtb-a","VpcId":"vpc-a","Associations":[{"Main":true}],
            "Routes":[{"DestinationCidrBlock":"10.0.0.0/16","GatewayId":"local","State":"active"},
            {"DestinationCidrBlock":"0.0.0.0/0","NetworkInterfaceId":"eni-9","State":"blackhole"},
            {"DestinationCidrBlock":"10.9.0.0/16","VpcPeeringConnectionId":"pcx-1"},
            {"DestinationCidrBlock":"198.51.100.0/24","TransitGatewayId":"tgw-1"},
            {"DestinationPrefixListId":"pl-63a5400a","GatewayId":"vpce-1"},
            {"DestinationIpv6CidrBlock":"2600:1f18::/56","GatewayId":"local"},
            {"DestinationIpv6CidrBlock":"::/0","EgressOnlyInternetGatewayId":"eigw-1"}]},
            {"RouteTableId":"rtb-b","VpcId":"vpc-b","Associations":[{"Main":true},
            {"Main":false,"GatewayId":"igw-2"}],"Routes":[
            {"DestinationCidrBlock":"0.0.0.0/0","GatewayId":"vpce-7","State":"active"}]}]}
            """
        let subnets = """
            {"Subnets":[{"SubnetId":"subnet-a","VpcId":"vpc-a","CidrBlock":"10.0.1.0/24"},
            {"SubnetId":"subnet-6","VpcId":"vpc-a","Ipv6Native":true},
            {"SubnetId":"subnet-b","VpcId":"vpc-b","CidrBlock":"10.1.1.0/24"}]}
            """
        let found = try CloudSetupReply.subnets(Array(subnets.utf8), tables: Array(tables.utf8))
        #expect(found.map(\.table) == ["rtb-a", "rtb-b"])
        #expect(found.map(\.isBlackhole) == [true, false])
        #expect(
            found.map { $0.way?.description } == [
                "network-interface-id=eni-9", "vpc-endpoint-id=vpce-7",
            ])
        #expect(
            found[0].besides == [
                "198.51.100.0/24 leads to tgw-1", "pl-63a5400a leads to vpce-1",
                "::/0 leads to eigw-1",
            ])
        #expect(found[1].besides.isEmpty)
        let unknown = tables.replacing("\"NetworkInterfaceId\":\"eni-9\"", with: "\"NewThing\":1")
        #expect(throws: ParseError.self) {
            try CloudSetupReply.subnets(Array(subnets.utf8), tables: Array(unknown.utf8))
        }
    }

    @Test func `a subnet has its own table, else the main one`() throws {
        let tables = """
            {"RouteTables":[{"RouteTableId":"rtb-main","Associations":[{"Main":true}],"Routes":[
            {"DestinationCidrBlock":"172.31.0.0/16","GatewayId":"local"},
            {"DestinationCidrBlock":"0.0.0.0/0","GatewayId":"igw-1"}]},
            {"RouteTableId":"rtb-1","Associations":[{"Main":false,"SubnetId":"subnet-1"}],"Routes":[
            {"DestinationCidrBlock":"0.0.0.0/0","InstanceId":"i-1","NetworkInterfaceId":"eni-1"}]},
            {"RouteTableId":"rtb-2","Associations":[{"Main":false,"SubnetId":"subnet-2"}],
            "Routes":[]}]}
            """
        let subnets = """
            {"Subnets":[{"SubnetId":"subnet-1","CidrBlock":"172.31.26.0/24"},
            {"SubnetId":"subnet-2","CidrBlock":"172.31.27.0/24"},
            {"SubnetId":"subnet-3","CidrBlock":"172.31.8.0/24"}]}
            """
        let found = try CloudSetupReply.subnets(
            Array(subnets.utf8), tables: Array(tables.utf8))
        #expect(found.map(\.table) == ["rtb-1", "rtb-2", "rtb-main"])
        #expect(
            found.map { $0.way?.description } == [
                "network-interface-id=eni-1", nil, "gateway-id=igw-1",
            ])
    }
}
