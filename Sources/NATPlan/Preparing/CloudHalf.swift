public import NATModel

/// What AWS has to be set up like so that hosts leave through this box, and what is not so.
///
/// It is asked for by the doctor and by `setup`; nothing of it is seen on the box.
public struct CloudHalf: Sendable {
    private let snapshot: Snapshot
    private let setup: CloudSetup
    /// The interfaces of the box by the numbers that AWS gives them.
    private let names: [String: String]

    /// Parts of it that are mended one by one.
    public enum Part: String, Hashable, Codable, Sendable, CaseIterable {
        /// The check of sources and destinations.
        case check
        /// The security groups.
        case groups
        /// The default routes of the hosts' subnets.
        case routes
    }

    /// The cloud's half for the box of this snapshot; `nil` where it was not read or is not AWS's.
    public init?(_ snapshot: Snapshot) {
        guard let setup = snapshot.cloudSetup.value ?? nil else { return nil }
        self.snapshot = snapshot
        self.setup = setup
        names = snapshot.namesInCloud
    }

    /// What would have to be changed of a part.
    public func changes(_ part: Part) -> [CloudChange] {
        switch part {
        case .check:
            checked.map { change(.check(interface: $0.id, isOn: false)) }
        case .groups:
            shut.map { shut in
                change(.admission(group: shut.group, source: shut.subnet.network, isAdmitted: true))
            }
        case .routes:
            astray.filter { !isShared($0) }.compactMap { subnet in
                entrance.map { id in
                    change(
                        .way(
                            table: subnet.table, from: subnet.way,
                            to: CloudRouteTarget(.interface, id)))
                }
            }.uniqued()
        }
    }

    private func change(_ what: CloudChange.What) -> CloudChange {
        CloudChange(what, region: setup.region)
    }

    /// The steps that change a part.
    func steps(_ part: Part) -> [Step] {
        changes(part).map { Step(summary(of: $0), .cloud($0)) }
    }

    private func summary(of change: CloudChange) -> String {
        switch change.what {
        case .check(let id, _):
            "let AWS pass on what \(name(id)) neither sends nor gets for itself"
        case .way(let table, _, let to):
            "send what the subnets of \(table) send outside to \(to.map { name($0.id) } ?? "nobody")"
        case .admission(let group, let source, _): "let \(source) in by the group \(group)"
        }
    }

    /// An interface as a person knows it: `eth1 (eni-0123)`.
    public func name(_ id: String) -> String { names[id].map { "\($0) (\(id))" } ?? id }

    /// The box's interfaces, in its own order.
    public var interfaces: [CloudSetup.Interface] {
        let order = (snapshot.interfaces.value ?? []).map(\.name)
        func place(_ id: String) -> Int { names[id].flatMap(order.firstIndex) ?? order.count }
        return setup.interfaces.sorted { (place($0.id), $0.id) < (place($1.id), $1.id) }
    }

    /// The interfaces at which AWS drops what hosts send through the box.
    public var checked: [CloudSetup.Interface] {
        interfaces.filter(\.checksSourceAndDestination)
    }

    /// The subnets that hosts of this box are in, the box's own left out.
    public var hostSubnets: [CloudSetup.Subnet] {
        let own = Set(interfaces.compactMap(\.subnet))
        let sources = snapshot.hostsOfBox
        return setup.subnets.filter { subnet in
            !own.contains(subnet.id) && sources.contains { subnet.network.overlaps($0) }
        }
    }

    /// Those of them whose default route leads elsewhere, so that hosts never come by here.
    public var astray: [CloudSetup.Subnet] {
        hostSubnets.filter { subnet in
            if subnet.isBlackhole { return true }
            guard let way = subnet.way, way.kind == .interface else { return true }
            return names[way.id] == nil
        }
    }

    /// Whether the box itself is in a subnet with the same route table: with a default route to
    /// itself it would lose its own way out.
    public func isShared(_ subnet: CloudSetup.Subnet) -> Bool {
        let own = Set(interfaces.compactMap(\.subnet))
        return setup.subnets.contains { own.contains($0.id) && $0.table == subnet.table }
    }

    /// The interface that hosts' packets come in by: the one that routes lead to, else the first.
    private var entrance: String? {
        let led = hostSubnets.compactMap(\.way?.id).first { names[$0] != nil }
        return led ?? interfaces.first?.id
    }

    /// What the groups of an interface let in of a subnet whose hosts come in by it.
    public struct Admission: Hashable, Sendable {
        /// The interface.
        public var interface: CloudSetup.Interface
        /// The subnet.
        public var subnet: CloudSetup.Subnet
        /// Whom of it.
        public var extent: Extent

        /// Whom of a subnet groups let in.
        public enum Extent: Hashable, Sendable {
            /// All of it.
            case whole
            /// The hosts of it that are known, this many.
            case knownHosts(Int)
            /// Not these of its hosts; none are told where nobody of it is let in.
            case without([IPv4Address])
            /// Whoever is a member of a group, or on a list, of which it is not known who is.
            case unknown
        }
    }

    /// Whom the groups let in, for every subnet of hosts.
    public var admissions: [Admission] {
        hostSubnets.compactMap { subnet in
            let led = subnet.way.flatMap { names[$0.id] == nil ? nil : $0.id } ?? entrance
            return interfaces.first { $0.id == led }.map { interface in
                Admission(
                    interface: interface, subnet: subnet,
                    extent: extent(of: subnet, letInBy: interface.groups.compactMap(setup.group)))
            }
        }
    }

    private func extent(
        of subnet: CloudSetup.Subnet, letInBy groups: [CloudSetup.SecurityGroup]
    ) -> Admission.Extent {
        // Groups add up, and so do their rules.
        let admits = groups.flatMap(setup.admitted)
        let overTCP = AddressRanges.of(admits + groups.flatMap(\.admitsTCP))
        let overUDP = AddressRanges.of(admits + groups.flatMap(\.admitsUDP))
        func isLetIn(_ network: IPv4Prefix) -> Bool {
            overTCP.cover(network) && overUDP.cover(network)
        }
        if isLetIn(subnet.network) { return .whole }
        // Members are single hosts: of a subnet without a known one they say nothing.
        let names = groups.flatMap(\.admitsNamed)
        if names.isEmpty { return .without([]) }
        let hosts = snapshot.hostsOfBox.filter { $0.length == 32 && subnet.network.contains($0) }
        let out = hosts.filter { !isLetIn($0) }
        if out.isEmpty, !hosts.isEmpty { return .knownHosts(hosts.count) }
        if hosts.isEmpty || names.contains(where: { setup.named[$0] == nil }) { return .unknown }
        return .without(out.count < hosts.count ? out.map(\.network).sorted() : [])
    }

    /// The subnets that are not let in, each with the group that is to let it in.
    private var shut: [(group: String, subnet: CloudSetup.Subnet)] {
        admissions.compactMap { admission in
            guard case .without = admission.extent, let group = admission.interface.groups.first
            else { return nil }
            return (group, admission.subnet)
        }
    }

    /// The interfaces whose groups do not let out all that hosts may send, each with what they let
    /// out, in words; `nil` for nothing.
    public var narrow: [(interface: CloudSetup.Interface, letsOut: String?)] {
        interfaces.compactMap { interface in
            let groups = interface.groups.compactMap(setup.group)
            let sent = groups.compactMap(\.sends)
            // What is not told may be the usual: everything.
            guard !groups.isEmpty, sent.count == groups.count else { return nil }
            let all = sent.flatMap(\.everything)
            let isWhole =
                AddressRanges.of(all + sent.flatMap(\.ofTCP)).cover(.all)
                && AddressRanges.of(all + sent.flatMap(\.ofUDP)).cover(.all)
            guard !isWhole else { return nil }
            let words = all.map { "everything to \($0)" } + sent.flatMap(\.others)
            return (interface, words.isEmpty ? nil : words.uniqued().joined(separator: ", "))
        }
    }

    /// Why it is not known whom the groups let in by a number; `nil` where it is known.
    public var whyNotNamed: ReadFailure? { setup.whyNotNamed }

    /// What the groups of an interface let in, in words.
    public func admitted(by interface: CloudSetup.Interface) -> String {
        let groups = interface.groups.compactMap(setup.group)
        let words =
            groups.flatMap(\.admits).map { "everything from \($0)" } + groups.flatMap(\.others)
        return words.isEmpty ? "nothing" : words.uniqued().joined(separator: ", ")
    }
}

extension [ClosedRange<UInt32>] {
    /// Whether one of them holds all of a network.
    fileprivate func cover(_ network: IPv4Prefix) -> Bool {
        contains { $0.contains(network.network.rawValue) && $0.contains(network.last.rawValue) }
    }
}

extension Snapshot {
    /// The names of the box's interfaces by the numbers that AWS gives them.
    var namesInCloud: [String: String] {
        let macs = Dictionary(
            (interfaces.value ?? []).compactMap { interface in
                interface.mac.map { ($0, interface.name) }
            }, uniquingKeysWith: { first, _ in first })
        return Dictionary(
            (cloud.value ?? []).compactMap { told in
                told.aws.flatMap { aws in macs[told.mac].map { (aws.id, $0) } }
            }, uniquingKeysWith: { first, _ in first })
    }

    /// The sources that leave through this box, or are to.
    fileprivate var hostsOfBox: Set<IPv4Prefix> {
        let own = Set(ownAddresses.map { IPv4Prefix($0) })
        let kept = ((saved.value ?? nil) ?? []).map(\.source)
        let flowing = (flows.value?.hosts ?? [:]).keys.map { IPv4Prefix($0) }
        return Set(kept + steerings.map(\.source) + flowing).subtracting(own)
    }
}
