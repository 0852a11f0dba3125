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
        #expect(group.mayAdmitMore)
        #expect(
            group.others == [
                "everything from members of sg-2", "tcp 22 from 0.0.0.0/0",
                "udp 1-9 from the list pl-1",
            ])
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
