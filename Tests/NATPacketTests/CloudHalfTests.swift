import NATHost
import NATLab
import NATModel
import Testing

// AWS's half of the job, which moto plays.
extension PacketTests {
    @Test(.enabled(if: isCloudThere, "needs awscli and moto, which Tests/run installs"))
    func `hosts that a group names otherwise than by network are let in`() async throws {
        try await CloudUnderTest.with { (cloud: CloudUnderTest) async throws in
            let ids = cloud.ids
            try await cloud.box.done("assign", Self.hostB, "eth1", "--yes")
            func admit(_ whom: String) async throws -> String {
                _ = try await cloud.aws(
                    "authorize-security-group-ingress", "--group-id", ids.group,
                    "--ip-permissions", "[{\"IpProtocol\":\"-1\",\(whom)}]")
                return try await cloud.run("doctor", "--json").output
            }
            let own = try await cloud.aws(
                "describe-network-interfaces", "--filters",
                "Name=attachment.instance-id,Values=\(ids.worker)", "--query",
                "NetworkInterfaces[0].Groups[0].GroupId")
            let alone = try await admit("\"UserIdGroupPairs\":[{\"GroupId\":\"\(ids.group)\"}]")
            #expect(alone.contains("does not let in 172.31.26.0/24 of \(ids.hosts)"), "\(alone)")
            let member = try await admit("\"UserIdGroupPairs\":[{\"GroupId\":\"\(own)\"}]")
            #expect(member.contains("the only known host of 172.31.26.0/24"), "\(member)")
            let list = try await cloud.aws(
                "create-managed-prefix-list", "--prefix-list-name", "hosts", "--max-entries", "5",
                "--address-family", "IPv4", "--entries", "Cidr=172.31.26.0/24", "--query",
                "PrefixList.PrefixListId")
            let listed = try await admit("\"PrefixListIds\":[{\"PrefixListId\":\"\(list)\"}]")
            #expect(listed.contains("the groups let in 172.31.26.0/24;"), "\(listed)")
        }
    }

    @Test(.enabled(if: isCloudThere, "needs awscli and moto, which Tests/run installs"))
    func `the cloud's half is found, mended, taken back, and set up`() async throws {
        try await CloudUnderTest.with { (cloud: CloudUnderTest) async throws in
            let (box, ids) = (cloud.box, cloud.ids)
            try await box.done("assign", Self.hostB, "eth1", "--yes")
            func checks(_ nic: String) async throws -> String {
                try await cloud.aws(
                    "describe-network-interfaces", "--network-interface-ids", nic, "--query",
                    "NetworkInterfaces[0].SourceDestCheck")
            }
            func way() async throws -> String {
                try await cloud.aws(
                    "describe-route-tables", "--route-table-ids", ids.table, "--query",
                    "RouteTables[0].Routes[?DestinationCidrBlock=='0.0.0.0/0']"
                        + ".[NetworkInterfaceId,GatewayId]")
            }
            let sick = try await cloud.run("doctor").output
            for words in [
                "it is on for eth0 (\(ids.eth0))", "it is on for eth1 (\(ids.eth1))",
                "does not let in 172.31.26.0/24 of \(ids.hosts), but nothing",
                "(172.31.26.0/24, \(ids.table)) leads to \(ids.gateway)",
                "eth1 (\(ids.eth1)) has no public address",
            ] {
                // It is wrapped to the width of a page.
                let flat = sick.split { $0 == " " || $0 == "\n" }.joined(separator: " ")
                #expect(flat.contains(words), "\(words) in \(sick)")
            }
            let fixed = try await cloud.run(
                "doctor", "--fix", "cloud-source-dest-check", "--yes")
            #expect(fixed.status == 0 && fixed.output.contains("verified"), "\(fixed)")
            #expect(try await checks(ids.eth0) == "False")
            #expect(try await checks(ids.eth1) == "False")
            let undone = try await cloud.run("undo", "--yes")
            #expect(undone.status == 0, "\(undone.error)")
            #expect(try await checks(ids.eth1) == "True")

            let setup = try await cloud.run("setup", "--yes")
            #expect(setup.status == 0, "\(setup.error)")
            #expect(try await checks(ids.eth0) == "False")
            #expect(try await way().contains(ids.eth0))
            let admitted = try await cloud.aws(
                "describe-security-groups", "--group-ids", ids.group, "--query",
                "SecurityGroups[0].IpPermissions[].IpRanges[].CidrIp")
            #expect(admitted == "172.31.26.0/24")
            try await cloud.replaceAWS(
                "echo 'An error occurred (UnauthorizedOperation) when calling the"
                    + " DescribeNetworkInterfaces operation: no' >&2; exit 254")
            #expect(
                try await cloud.run("doctor").output.contains("ec2:DescribeNetworkInterfaces"))
            try await cloud.replaceAWS(nil)
            let missing = try await cloud.run("doctor").output
            #expect(missing.contains("aws is not installed"))
            #expect(missing.contains(ids.eth1))
        }
    }
}
