import NATModel
import NATPlan

// What AWS does with what hosts send, which nothing on the box shows.
extension Doctor {
    /// None where AWS was not asked, or the box is in no AWS.
    static func cloud(_ patient: Patient) -> [Check] {
        let snapshot = patient.snapshot
        if let failure = snapshot.cloudSetup.failure {
            return failure == .unread ? [] : [notChecked(patient, failure)]
        }
        guard let half = CloudHalf(snapshot) else { return [] }
        return [sourceDestCheck(half), groups(half), routes(half), addresses(half)]
    }

    /// Where a person finds each interface instead.
    private static func notChecked(_ patient: Patient, _ failure: ReadFailure) -> Check {
        let snapshot = patient.snapshot
        let places = (snapshot.interfaces.value ?? []).compactMap { interface in
            snapshot.cloudInterface(of: interface)?.aws.map { aws in
                "\(interface.name): EC2 console, Network Interfaces, \(aws.id), Actions, Change"
                    + " source/dest. check"
            }
        }
        return Topic(
            id: "cloud-not-checked", title: "AWS",
            reason: "AWS drops what hosts send where its own half of the job is not done"
        ).found(
            .unknown, ["not checked: \(failure)"] + places, failure.fix.map { .manual($0) })
    }

    private static func sourceDestCheck(_ half: CloudHalf) -> Check {
        Topic(
            id: "cloud-source-dest-check", title: "AWS: source/destination check",
            reason: "AWS drops what hosts send through an interface that has it on; the console's"
                + " action for an instance changes its first interface alone"
        ).found(
            .error, half.checked.map { "it is on for \(half.name($0.id))" },
            else: "it is off on every interface of this box", .plan(.mend(.cloud(.check))))
    }

    private static func groups(_ half: CloudHalf) -> Check {
        let topic = Topic(
            id: "cloud-security-groups", title: "AWS: security groups",
            reason: "what no group of the interface lets in never reaches this box")
        var (open, shut, doubtful): ([String], [String], [String]) = ([], [], [])
        for admission in half.admissions {
            let subnet = admission.subnet
            switch admission.extent {
            case .whole: open.append(subnet.network.description)
            case .knownHosts(1): open.append("the only known host of \(subnet.network)")
            case .knownHosts(let count):
                open.append("the \(count) known hosts of \(subnet.network)")
            case .without(let hosts):
                let first = hosts.prefix(3).map(\.description).joined(separator: ", ")
                let more = hosts.count > 3 ? " and \(hosts.count - 3) more" : ""
                let whom = hosts.isEmpty ? subnet.network.description : first + more
                shut.append(
                    "\(half.name(admission.interface.id)) does not let in \(whom) of \(subnet.id),"
                        + " but \(half.admitted(by: admission.interface))")
            case .unknown:
                doubtful.append(
                    "\(subnet.network) of \(subnet.id) is let in where its hosts are members of a"
                        + " group, or on a list, that one of the groups names"
                        + (half.whyNotNamed.map { "; \($0)" } ?? ""))
            }
        }
        let narrow = half.narrow.map { narrow in
            "\(half.name(narrow.interface.id)) lets out "
                + (narrow.letsOut.map { "\($0), and nothing else of what hosts send" } ?? "nothing")
        }
        if !shut.isEmpty {
            return topic.found(.error, shut + narrow, .plan(.mend(.cloud(.groups))))
        }
        if !narrow.isEmpty {
            return topic.found(
                .warning, narrow + doubtful,
                .manual(
                    "aws ec2 authorize-security-group-egress --protocol -1 --cidr 0.0.0.0/0"
                        + " --group-id GROUP, where hosts are to send more"))
        }
        if !doubtful.isEmpty { return topic.found(.unknown, doubtful, nil) }
        return topic.ok(
            open.isEmpty
                ? noHosts
                : "the groups let in \(open.joined(separator: ", ")); network ACLs are not looked at"
        )
    }

    private static let noHosts = "no host is known that is in another subnet than this box"

    private static func routes(_ half: CloudHalf) -> Check {
        let topic = Topic(
            id: "cloud-routes", title: "AWS: route tables of the hosts' subnets",
            reason: "a host comes by here only where its subnet's default route leads to this box")
        let findings = half.astray.map { subnet in
            let gone = subnet.isBlackhole ? ", which is gone (blackhole)" : ""
            let other =
                subnet.way?.kind == .interface && !subnet.isBlackhole
                ? ", an interface that is not of this box" : ""
            let way = subnet.way.map { "leads to \($0.id)\(gone)\(other)" } ?? "is missing"
            let shared =
                half.isShared(subnet)
                ? "; the box's own subnet has the same table: give the hosts' one of their own" : ""
            return "the default route of \(subnet.id) (\(subnet.network), \(subnet.table)) "
                + way + shared
        }
        let ways = half.hostSubnets.map {
            "\($0.network) sends to \(half.name($0.way?.id ?? ""))"
                + ($0.besides.isEmpty
                    ? ""
                    : "; not by here comes what \($0.table) sends elsewhere:"
                        + " \($0.besides.joined(separator: ", "))")
        }
        return topic.found(
            .error, findings, else: ways.isEmpty ? noHosts : ways.joined(separator: ", "),
            half.changes(.routes).isEmpty
                ? .manual("aws ec2 create-route-table, then associate-route-table with the subnet")
                : .plan(.mend(.cloud(.routes))))
    }

    private static func addresses(_ half: CloudHalf) -> Check {
        let findings = half.interfaces.flatMap { interface -> [String] in
            if interface.addresses.isEmpty {
                return ["\(half.name(interface.id)) has no public address"]
            }
            return interface.addresses.filter { !$0.isElastic }.map {
                "\($0.address) of \(half.name(interface.id)) is no elastic one"
            }
        }
        return Topic(
            id: "cloud-elastic-addresses", title: "AWS: elastic addresses",
            reason: "a public address that is no elastic one goes when the instance stops"
        ).found(
            .warning, findings, else: "every interface has an elastic address",
            .manual("aws ec2 allocate-address, then associate-address with the interface"))
    }
}
