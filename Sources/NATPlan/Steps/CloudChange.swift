public import NATModel

/// Something that is changed in AWS, for the box or the subnets around it.
public struct CloudChange: Hashable, Sendable {
    /// What is changed.
    public var what: What
    /// The region; `nil` where the `aws` program is to know it.
    public var region: String?

    /// Kinds of changes. Each can be taken back by one of them.
    public enum What: Hashable, Sendable {
        /// Whether an interface drops what is neither from nor to an address of its own.
        case check(interface: String, isOn: Bool)
        /// The target of a route table's default route; `nil` for none.
        case way(table: String, from: CloudRouteTarget?, to: CloudRouteTarget?)
        /// A security group lets in all that a network sends, or does not any more.
        case admission(group: String, source: IPv4Prefix, isAdmitted: Bool)
    }

    /// A change in this region.
    public init(_ what: What, region: String?) {
        self.what = what
        self.region = region
    }

    /// What takes it back.
    var inverse: CloudChange {
        switch what {
        case .check(let interface, let isOn):
            CloudChange(.check(interface: interface, isOn: !isOn), region: region)
        case .way(let table, let from, let to):
            CloudChange(.way(table: table, from: to, to: from), region: region)
        case .admission(let group, let source, let isAdmitted):
            CloudChange(
                .admission(group: group, source: source, isAdmitted: !isAdmitted), region: region)
        }
    }

    /// What stands after `aws ec2` to make it.
    ///
    /// Source: `aws ec2 modify-network-interface-attribute help`, `replace-route`,
    /// `authorize-security-group-ingress`.
    public var words: [String] {
        switch what {
        case .check(let interface, let isOn):
            [
                "modify-network-interface-attribute", "--network-interface-id", interface,
                isOn ? "--source-dest-check" : "--no-source-dest-check",
            ]
        case .way(let table, let from, let to):
            [to == nil ? "delete-route" : from == nil ? "create-route" : "replace-route"]
                + ["--route-table-id", table, "--destination-cidr-block", "0.0.0.0/0"]
                + (to.map { ["--\($0.kind.rawValue)", $0.id] } ?? [])
        case .admission(let group, let source, let isAdmitted):
            [
                (isAdmitted ? "authorize" : "revoke") + "-security-group-ingress", "--group-id",
                group, "--protocol", "-1", "--cidr", "\(source.network)/\(source.length)",
            ]
        }
    }

    /// The command that makes it.
    public var command: Command {
        Command(["aws", "ec2"] + words + (region.map { ["--region", $0] } ?? []))
    }

}

extension CloudSetup {
    /// Whether it is as this change makes it.
    public func isSo(_ change: CloudChange) -> Bool {
        switch change.what {
        case .check(let id, let isOn):
            interfaces.contains { $0.id == id && $0.checksSourceAndDestination == isOn }
        case .way(let table, _, let to):
            subnets.contains { $0.table == table }
                && subnets.allSatisfy { $0.table != table || $0.way == to }
        case .admission(let id, let source, let isAdmitted):
            group(id)?.admits.contains(source) == isAdmitted
        }
    }
}

extension CloudChange: TextCodable {
    /// The words a journal keeps, such as `check eni-0123 off eu-central-1`.
    public var description: String {
        let text =
            switch what {
            case .check(let interface, let isOn): "check \(interface) \(isOn ? "on" : "off")"
            case .way(let table, let from, let to):
                "way \(table) \(from?.description ?? "none") \(to?.description ?? "none")"
            case .admission(let group, let source, let isAdmitted):
                "\(isAdmitted ? "admit" : "revoke") \(group) \(source)"
            }
        return text + " \(region ?? "-")"
    }

    /// Reads that; `nil` where a word could be anything but what it stands for.
    public init?(_ text: String) {
        let words = text.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
        guard words.allSatisfy(Self.isPlain), let last = words.last else { return nil }
        let region = last == "-" ? nil : last
        switch (words.first, words.count) {
        case ("check", 4) where ["on", "off"].contains(words[2]):
            self.init(.check(interface: words[1], isOn: words[2] == "on"), region: region)
        case ("way", 5):
            let targets = words[2...3].map { CloudRouteTarget($0) }
            guard zip(words[2...3], targets).allSatisfy({ $0 == "none" || $1 != nil }) else {
                return nil
            }
            self.init(.way(table: words[1], from: targets[0], to: targets[1]), region: region)
        case ("admit", 4), ("revoke", 4):
            guard let source = IPv4Prefix(words[2]) else { return nil }
            self.init(
                .admission(group: words[1], source: source, isAdmitted: words[0] == "admit"),
                region: region)
        default: return nil
        }
    }

    /// Whether a word is what AWS gives out, and no option of a program.
    private static func isPlain(_ word: String) -> Bool {
        guard word != "-" else { return true }
        return !word.isEmpty && !word.hasPrefix("-")
            && word.utf8.allSatisfy { byte in
                (0x30...0x39).contains(byte) || (0x41...0x5a).contains(byte & ~0x20)
                    || Array("-=./:".utf8).contains(byte)
            }
    }
}
