/// What follows from a snapshot, derived once and indexed.
///
/// Nothing that is asked for each host walks all rules: with ten thousand hosts and ten thousand
/// rules every answer here is a look-up.
public struct BoxFacts: Sendable {
    /// What it was derived from.
    public internal(set) var snapshot: Snapshot
    /// Tells which way packets leave; `nil` where rules or tables could not be read.
    public let rules: RuleDatabase?
    /// The interfaces by which hosts can leave, in the kernel's order.
    public let egresses: [EgressInterface]
    /// Which source is to leave by which interface, and where it really goes, in order of
    /// evaluation.
    ///
    /// Foreign rules count too. Rules for the box's own addresses do not, nor a rule for a source
    /// that has an earlier one.
    public private(set) var assignments: [Assignment] = []
    /// What was kept and is not so in the kernel, in the order of the file, and then what natdeck
    /// assigned that the file does not name. Empty where there is no file.
    public private(set) var drift: [Drift] = []

    /// What the packet filters do, indexed.
    public let filters: BoxFilters
    private let inputs: SourceInputs
    private let interfaces: [String: EgressInterface]
    private var owners: [IPv4Address: String] = [:]
    private let given: GivenIndex
    let own: Set<IPv4Address>
    private var gated: [IPv4Prefix: String] = [:]
    /// The lengths of its sources, the narrowest first.
    private var gatedLengths: [Int] = []
    private var placeOfAssignment: [IPv4Prefix: Int] = [:]
    private var saved: [IPv4Prefix: SavedAssignment] = [:]
    private var labels: [IPv4Address: String] = [:]

    /// What follows from this snapshot.
    ///
    /// - Parameter derivesAssignments: whether assignments, drift, what was kept and the gate are
    ///   asked for; without them it takes a fraction of the time.
    public init(_ snapshot: Snapshot, derivesAssignments: Bool = true) {
        self.snapshot = snapshot
        inputs = SourceInputs(snapshot)
        given = GivenIndex((snapshot.gate.value ?? nil)?.addresses, on: snapshot)
        if let known = snapshot.rules.value, let tables = snapshot.tables.value {
            rules = RuleDatabase(
                rules: known, tables: tables, interfaces: snapshot.interfaces.value ?? [],
                gate: snapshot.gate.value ?? nil)
        } else {
            rules = nil
        }
        filters = BoxFilters(snapshot)
        own = Set(snapshot.ownAddresses)
        egresses = snapshot.egressInterfaces
        interfaces = Dictionary(
            (snapshot.interfaces.value ?? []).compactMap { interface in
                snapshot.egressInterface(interface.name).map { (interface.name, $0) }
            }, uniquingKeysWith: { first, _ in first })
        for egress in interfaces.values {
            for address in egress.ownAddresses { owners[address] = egress.interface.name }
        }
        guard derivesAssignments else { return }
        for kept in (snapshot.saved.value ?? nil) ?? [] where saved[kept.source] == nil {
            saved[kept.source] = kept
        }
        for host in (snapshot.names.value ?? []).lazy.flatMap(\.hosts) {
            labels[host.address] = host.label ?? host.instance
        }
        for entry in (snapshot.gate.value ?? nil)?.entries ?? [] {
            for source in entry.sources { gated[source] = entry.egress }
        }
        gatedLengths = Set(gated.keys.map(\.length)).sorted(by: >)
        assignments = derivedAssignments
        for (place, assignment) in assignments.enumerated() {
            placeOfAssignment[assignment.source] = place
        }
        drift = derivedDrift
    }

    /// The address that stands for the outside on this box.
    public var outside: IPv4Address { rules?.outside ?? .outside }

    /// The interface the packets of a source come in by; `nil` where that is not known.
    public func input(of source: IPv4Prefix) -> String? { inputs.input(of: source) }

    /// Where what a source sends to the outside goes, coming in where it is known to.
    ///
    /// - Parameter input: the interface it comes in by, `lo` for the box's own addresses; `nil` for
    ///   the one that is known.
    public func decision(for source: IPv4Prefix, sentBy input: String? = nil) -> EgressDecision {
        let input = input ?? self.input(of: source)
        return rules?.decision(for: source, input: input, mark: routedMark(of: source, input))
            ?? EgressDecision(.unknown)
    }

    /// The mark that what a source sends has when it is routed, with the bits of it that are known;
    /// `nil` where none are.
    private func routedMark(of source: IPv4Prefix, _ input: String?) -> PacketMark? {
        let gate = snapshot.gate.value ?? nil
        let steered = gate?.mark(of: source)
        let packet = ForwardedPacket(source: source, input: input, output: "")
        guard input != "lo", let known = filters.routedMark(packet) else { return steered }
        // What begins has no mark of natdeck's but that of the map.
        let own = gate?.marks?.mask ?? 0
        return PacketMark(
            known.value & ~own | (steered?.value ?? 0) & own, mask: known.known | own)
    }

    /// The hosts that were seen, on a link or by a flow, in order; neither the box's own addresses nor
    /// its gateways are among them.
    ///
    /// A router behind the box that has flows of its own is a host too.
    public var hosts: [IPv4Address] {
        var known = Set(snapshot.ownAddresses)
        var gateways: Set<IPv4Address> = []
        for route in snapshot.tables.value?.flatMap(\.routes) ?? [] {
            let hops = [route.nextHop].compactMap(\.self) + route.hops.compactMap(\.nextHop)
            gateways.formUnion(hops)
            if !route.destination.isInternal { known.formUnion(hops) }
        }
        let seen = (snapshot.neighbours.value ?? []).filter(isBehind).map(\.address)
        let flowing = (snapshot.flows.value?.hosts ?? [:]).keys
        return Set(seen).subtracting(gateways).union(flowing).subtracting(known).sorted()
    }

    /// Whether a neighbour can be a host that leaves by this box: one on an uplink that no network
    /// of it holds, nor a route leads to, is somebody else's.
    private func isBehind(_ neighbour: Neighbour) -> Bool {
        guard let egress = egresses.first(where: { $0.interface.name == neighbour.interface })
        else { return true }
        let networks = egress.interface.addresses.map(\.network)
        if networks.contains(where: { $0.contains(neighbour.address) }) { return true }
        return (snapshot.tables.value ?? []).contains { table in
            table.routes.contains { route in
                route.interface == neighbour.interface && route.destination.length > 0
                    && route.destination.contains(neighbour.address)
            }
        }
    }

    /// The mark that what a source sends has when it is routed; 0 for none.
    public func mark(of source: IPv4Prefix) -> UInt32 {
        routedMark(of: source, input(of: source))?.value ?? 0
    }

    /// The assignment of exactly this source; `nil` where there is none.
    public func assignment(of source: IPv4Prefix) -> Assignment? {
        placeOfAssignment[source].map { assignments[$0] }
    }

    /// The only interface that the gate lets a source leave by; `nil` where it is not kept.
    public func gatedEgress(of source: IPv4Prefix) -> String? {
        for length in gatedLengths where length <= source.length {
            if let egress = gated[IPv4Prefix(source.network, length: length)] { return egress }
        }
        return nil
    }

    /// The interface that has an own address; `nil` where none has.
    public func owner(of address: IPv4Address) -> EgressInterface? {
        owners[address].flatMap { interfaces[$0] }
    }

    /// The same for what leaves by an interface: an address of the loopback belongs to each.
    func owner(of address: IPv4Address, leavingBy egress: String?) -> EgressInterface? {
        guard let owner = owner(of: address) else { return nil }
        return owner.interface.isLoopback ? egress.flatMap(self.egress) ?? owner : owner
    }

    /// What was kept of exactly this source; `nil` where nothing was, or the file could not be read.
    public func saved(_ source: IPv4Prefix) -> SavedAssignment? { saved[source] }

    /// Whether the cloud has a name for any host that is followed.
    public var hasLabels: Bool { !labels.isEmpty }

    /// How the cloud calls a host that is followed: its tag `Name`, or its number where it has none;
    /// `nil` for any other host.
    public func label(of source: IPv4Prefix) -> String? {
        source.length == 32 ? labels[source.network] : nil
    }

    /// An interface as one to leave by; `nil` where there is none of that name.
    public func egress(_ name: String) -> EgressInterface? { interfaces[name] }

    /// The addresses that natdeck gives what a source sends by an interface; empty where it gives
    /// none.
    public func given(_ source: IPv4Prefix, leavingBy interface: String) -> [IPv4Address] {
        given.entry(of: source, leavingBy: interface)?.egress.addresses ?? []
    }

    /// Those of them that hosts of the source come to leave with, and those of these that the box
    /// does not have, so that nothing leaves with them.
    public func used(
        by source: IPv4Prefix, leavingBy interface: String
    ) -> (addresses: [IPv4Address], absent: [IPv4Address]) {
        given.used(by: source, leavingBy: interface)
    }

    /// What the nat tables promise of what `source` sends out of `interface`; `nil` where they could
    /// not be read, or where there is no such interface.
    ///
    /// - Parameters:
    ///   - nextHop: the gateway it leaves by; `nil` for the interface's own.
    ///   - givesAddresses: whether natdeck's own chain is asked, which comes first.
    public func promise(
        of source: IPv4Prefix, leavingBy interface: String, nextHop: IPv4Address? = nil,
        givesAddresses: Bool = true
    ) -> NATPromise? {
        let given = givesAddresses ? given.outcomes(of: source, leavingBy: interface) : nil
        guard let egress = egress(interface),
            let verdict = filters.nat(
                ForwardedPacket(source: source, input: input(of: source), output: interface),
                given: given)
        else { return nil }
        let answer = verdict.answer(source, on: egress, nextHop: nextHop ?? egress.gateway)
        return NATPromise(
            verdict: verdict, answer: answer,
            publicAddress: egress.promisedAddress(of: answer.address))
    }

    /// Whether the filters let through what `source` sends out of `interface`, and the answers to
    /// it; `nil` where they could not be read.
    public func forwarding(
        of source: IPv4Prefix, leavingBy interface: String
    ) -> ForwardVerdict? {
        var packet = ForwardedPacket(
            source: source, input: input(of: source), output: interface)
        if filters.looksAtOutsideAddress {
            let address = promise(of: source, leavingBy: interface)?.answer.address
            packet.outsideAddress = address
            packet.isOutsideAddressOwn = address.map(own.contains)
        }
        if filters.asksForWaysBack {
            packet.waysBack = waysBack(
                of: source, leavingBy: interface,
                with: promise(of: source, leavingBy: interface)?.answer.address)
        }
        guard let out = filters.forward(packet), let back = filters.forward(packet.answer) else {
            return nil
        }
        return out.and(back)
    }

    /// Whether rules may make the segments of TCP fit the way that `source` goes by `interface`, as it
    /// goes out or as answers come back.
    public func mayClamp(_ source: IPv4Prefix, leavingBy interface: String) -> Bool {
        let packet = ForwardedPacket(
            source: source, input: input(of: source), output: interface)
        return filters.mayClamp(packet) || filters.mayClamp(packet.answer)
    }

    /// The kernel parameter by which what `source` sends out of `interface` is not forwarded, or the
    /// answers to it are not, although the box forwards; `nil` where there is none.
    ///
    /// The kernel looks at the interface that packets come in by, and at no other.
    public func closedParameter(of source: IPv4Prefix, leavingBy interface: String) -> String? {
        guard snapshot.sysctl("net.ipv4.ip_forward") != 0 else { return nil }
        return [input(of: source), interface].compactMap(\.self)
            .map { "net.ipv4.conf.\($0).forwarding" }.first { snapshot.sysctl($0) == 0 }
    }

    private var derivedAssignments: [Assignment] {
        snapshot.steerings.map { steering in
            let source = steering.source
            let decision = decision(for: source)
            var assignment = Assignment(
                source: source, egress: steering.egress, table: steering.table,
                priority: steering.priority, isOwned: steering.isOwned, isMasqueraded: nil,
                decision: decision, method: steering.method)
            assignment.addresses = steering.egress.map { given(source, leavingBy: $0) } ?? []
            guard let interface = decision.interface else { return assignment }
            let promise = promise(
                of: source, leavingBy: interface, nextHop: decision.nextHop)
            assignment.isMasqueraded = promise?.answer.isCovered
            assignment.publicAddress = promise?.publicAddress
            return assignment
        }
    }

    private var derivedDrift: [Drift] {
        guard let kept = snapshot.saved.value ?? nil, rules != nil else { return [] }
        let differing = kept.compactMap { kept -> Drift? in
            let present = assignment(of: kept.source)?.present
            if let present, holds(kept, present) { return nil }
            return Drift(source: kept.source, kept: kept.egress, present: present)
        }
        return differing
            + assignments.filter { $0.isOwned && saved[$0.source] == nil }.map {
                Drift(source: $0.source, kept: nil, present: $0.present)
            }
    }

    /// Whether a source leaves as it was kept.
    private func holds(_ kept: SavedAssignment, _ present: Egress) -> Bool {
        if present == kept.egress { return true }
        // Without nftables another rule may give the same address.
        guard present.interface == kept.egress.interface, kept.egress.addresses.count == 1,
            case .failed = snapshot.gate
        else { return false }
        return promise(of: kept.source, leavingBy: present.interface)?.answer.address
            == kept.egress.addresses[0]
    }
}
