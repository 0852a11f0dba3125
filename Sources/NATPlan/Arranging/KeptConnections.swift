import NATModel

/// The steps by which connections keep the egress they began with, whatever becomes of their source.
///
/// The table of natdeck in nf_tables remembers the egress in bits of a connection's mark, a policy
/// rule for each egress leads what has its mark to its table, and connections that are older are
/// marked once.
struct KeptConnections {
    /// How the table remembers them.
    let marks: ConnectionMarks
    /// What it takes besides.
    let steps: [Step]

    /// - Parameters:
    ///   - tables: the interfaces of tables that the plan makes or uses.
    ///   - sources: the sources whose connections are remembered.
    ///   - moving: those that move, whose older connections are marked.
    ///   - mapped: those of them whose older connections the table marks itself; `nil` where it is
    ///     to mark no others than it does by now, as they may have begun by a wrong egress.
    ///   - isMapped: whether the map steers any source.
    ///   - isMany: whether so many are steered that the kernel is to be spared their rules.
    ///   - parameters: how kernel parameters are set that it takes.
    init(
        _ box: Box, mask: UInt32, tables: [Int: String], sources: Set<IPv4Prefix>,
        moving: [IPv4Prefix] = [], mapped: Set<IPv4Prefix>? = [], isMapped: Bool = false,
        isMany: Bool = false, parameters: Parameters = .left
    ) throws(PlanRefusal) {
        let tables = Dictionary(
            box.markedTables.merging(tables) { _, new in new }.filter {
                $0.key >= Ownership.firstTable
            }.map { (number: Ownership.number(of: $0.key), name: $0.value) },
            uniquingKeysWith: { first, _ in first }
        ).filter { ConnectionMarks.mark(of: $0.key, mask: mask) != nil }
        let isMapped = isMapped || box.method == .map
        marks = ConnectionMarks(
            mask: mask, egresses: tables,
            addresses: Self.addresses(
                of: tables, isMapped: isMapped || box.snapshot.map != nil,
                staying: mapped == nil || box.snapshot.nat.value == nil,
                box),
            sources: sources.sorted(), looksOnce: box.looksOnce)
        steps =
            try Self.steps(
                parameters,
                Set(tables.values).union(
                    isMapped ? box.facts.egresses.map(\.interface.name) : []),
                asking: isMany ? [0, 1, 2] : isMapped ? [1, 2] : [1], box)
            + Self.rules(marks, box)
            + Self.older(marks, moving, mapped ?? [], box)
    }

    /// How kernel parameters are set.
    enum Parameters {
        /// Not at all.
        case left
        /// For now: a full disk keeps nothing from being put back.
        case now
        /// For now and the next boot.
        case kept
    }

    private static func rules(_ marks: ConnectionMarks, _ box: Box) -> [Step] {
        let present = box.rules.filter(\.isMark)
        let wanted = marks.egresses.keys.sorted().compactMap { number in
            marks.mark(of: number).map {
                Steering.keep($0, of: number, table: Ownership.table(of: number))
            }
        }
        return wanted.filter { !present.contains($0) }.map { rule in
            Steering.add(
                rule,
                "lead connections that began by \(marks.egresses[Ownership.number(of: rule.table ?? 0)] ?? "")"
                    + " to table \(rule.table ?? 0)")
        }
    }

    /// Where the way back is looked for strictly, it has to be looked for by the mark; where the map
    /// steers, also where it is looked for loosely: without its mark a host is closed. Of many rules
    /// the kernel would go through those up to the host's for each answer, however it takes what it
    /// finds.
    ///
    /// The kernel takes the larger `rp_filter` and the larger `src_valid_mark` of `all` and the
    /// interface's own.
    private static func steps(
        _ parameters: Parameters, _ interfaces: Set<String>, asking: [Int], _ box: Box
    ) throws(PlanRefusal) -> [Step] {
        func value(_ name: String, _ interface: String) -> Int {
            ["all", interface].compactMap { box.snapshot.sysctl("net.ipv4.conf.\($0).\(name)") }
                .max() ?? 0
        }
        let strict = interfaces.filter {
            asking.contains(value("rp_filter", $0)) && value("src_valid_mark", $0) == 0
        }
        guard !strict.isEmpty, parameters != .left else { return [] }
        let wanted = try ParameterSteps(
            Dictionary(
                strict.map { ("net.ipv4.conf.\($0).src_valid_mark", 1) },
                uniquingKeysWith: { first, _ in first }), keepsOthers: true, in: box)
        if wanted.wanted.isEmpty { return [] }
        return (parameters == .kept ? wanted.file : []) + wanted.steps
    }

    /// By which addresses the table knows connections that nobody marked; those of an interface
    /// without any are absent, as in what is written down of it.
    ///
    /// - Parameter staying: whether that is to stay as it is.
    private static func addresses(
        of egresses: [Int: String], isMapped: Bool, staying: Bool, _ box: Box
    ) -> [Int: [IPv4Address]] {
        if staying {
            let present = (box.snapshot.gate.value ?? nil)?.marks?.addresses ?? [:]
            return present.filter { egresses[$0.key] != nil }
        }
        guard isMapped, box.marksLate else { return [:] }
        return answered(by: egresses, box).filter { !$0.value.isEmpty }
    }

    /// The addresses that answers come to for what leaves by each of these interfaces that are there:
    /// its own, and those that rules give what leaves by it, which need not be of any interface.
    private static func answered(by egresses: [Int: String], _ box: Box) -> [Int: [IPv4Address]] {
        var given: [String: [IPv4Address]] = [:]
        for rule in box.nat.lazy.flatMap(\.chains).flatMap(\.rules) {
            guard case .snat(let ranges) = rule.filter.effect, let name = rule.outputName else {
                continue
            }
            given[name, default: []] += ranges.flatMap { range in
                (range.first.rawValue...range.last.rawValue).prefix(mostGiven).map {
                    IPv4Address(rawValue: $0)
                }
            }
        }
        return egresses.compactMapValues { name in
            box.facts.egress(name).map { ($0.ownAddresses + (given[name] ?? [])).uniqued() }
        }
    }

    /// How many addresses of a range are told apart, which a routed block of that size has.
    private static let mostGiven = 256

    /// Marks the connections of these sources that have no mark, by what they leave by now.
    ///
    /// - Parameter mapped: the sources whose connections the table marks, each with its next packet.
    static func older(
        _ marks: ConnectionMarks, _ moving: [IPv4Prefix], _ mapped: Set<IPv4Prefix>, _ box: Box
    ) -> [Step] {
        if moving.isEmpty { return [] }
        // A table that knows no addresses marks none.
        let mapped = marks.addresses.isEmpty ? [] : mapped
        let addresses = answered(by: marks.egresses, box)
        let egresses = marks.egresses.sorted { $0.key < $1.key }.compactMap {
            number, name -> FlowMarks.Egress? in
            guard let mark = marks.mark(of: number), let addresses = addresses[number] else {
                return nil
            }
            return FlowMarks.Egress(
                number: number, mark: mark, interface: name, addresses: addresses)
        }
        guard !egresses.isEmpty else { return [] }
        return [false, true].compactMap { isByTable in
            let sources = moving.filter { mapped.contains($0) == isByTable }
            if sources.isEmpty { return nil }
            return Step(
                "let the connections of \(list(sources)) stay on the egress they began with",
                .markConnections(
                    FlowMarks(
                        mask: marks.mask, egresses: egresses, sources: sources,
                        isByTable: isByTable)),
                // A mark says where a connection leaves, which no step changes. It goes with what
                // looks at it.
                inverse: box.rules.contains(where: \.isMark) ? nil : .forgetMarks(mask: marks.mask))
        }
    }
}

extension Box {
    /// Whether there may be connections that go by what natdeck remembers of them, or would once
    /// these sources move.
    func mayKeepConnections(of moving: [IPv4Prefix]) -> Bool {
        guard let totals = snapshot.flows.value, let bits = totals.markBits, let mask = markMask
        else { return true }
        if bits & mask != 0 { return true }
        let moving = SourceSet(moving)
        return totals.hosts.contains { host, flows in
            moving.contains(host) && flows.seen.contains { $0.value.flows > 0 }
        }
    }

    /// Whether the bits of natdeck have room for this number.
    func canMark(_ number: Int) -> Bool {
        markMask.flatMap { ConnectionMarks.mark(of: number, mask: $0) } != nil
    }

    /// Whether a first packet tells by which egress its connection goes.
    ///
    /// A chain of type nat is told the interface that a packet came in by since Linux 5.7. It comes
    /// behind the mangle table of iptables, whose marks of what leaves would be taken for those by
    /// which somebody else steers.
    var looksOnce: Bool {
        let present = (snapshot.gate.value ?? nil)?.marks?.looksOnce ?? false
        guard let kernel = snapshot.kernel, kernel >= KernelVersion(5, 7) else { return false }
        return snapshot.markBits.value == nil ? present : snapshot.markBitsOfOthers == 0
    }

    /// Whether the table can mark a connection by the address that its answers go to, where a map
    /// steers its source: the kernel tells nf_tables that address since Linux 4.17.
    var marksLate: Bool { snapshot.kernel.map { $0 >= KernelVersion(4, 17) } ?? false }

    /// The bits of marks that natdeck uses here, or would; `nil` where others use all of them.
    ///
    /// Rules that stand say it first: connections carry marks in their bits.
    var markMask: UInt32? {
        rules.first(where: \.isMark)?.mark?.mask ?? (snapshot.gate.value ?? nil)?.marks?.mask
            ?? sysctlFile.flatMap { SysctlFile(contents: $0).markMask }
            ?? MarkBits.free(besides: snapshot.markBitsOfOthers)
    }

    /// The interface of each table of ours, as routes tell it, or what remembers connections by it
    /// where the link took its routes along.
    var markedTables: [Int: String] {
        var names: [Int: String] = [:]
        let marks = (snapshot.gate.value ?? nil)?.marks
        for (number, name) in marks?.egresses ?? [:] {
            let id = Ownership.table(of: number)
            let isUsed =
                users(of: id).contains(where: \.isMark) || table(id) != nil
                || snapshot.map?.uses(number) == true
            if isUsed { names[id] = name }
        }
        for table in tables where table.isOwned {
            if let name = table.defaultRoute?.interface { names[table.id] = name }
        }
        return names
    }

    /// The table that connections by this interface go by; `nil` where there is none.
    func markedTable(of interface: String) -> FIBTable? {
        let id = markedTables.filter { $0.value == interface }.keys.min()
        return id.map { table($0) ?? FIBTable(id: $0, routes: []) }
    }
}

/// Bits of the marks of packets and connections.
enum MarkBits {
    /// Where there is room for natdeck's numbers, the best first: those above are used least.
    ///
    /// tailscale, OpenWrt's pbr, Weave and kube-router take theirs from 0x00ff0000, mwan3, Cilium and
    /// kube-proxy from 0xff00, and marks by hand are small numbers. Above stand Calico, Antrea and
    /// OpenStack's Neutron, whose machines are seldom NAT boxes.
    private static let candidates: [UInt32] = [
        0xff00_0000, 0x00ff_0000, 0x0000_ff00, 0x3f00_0000, 0x003f_0000, 0x0000_3f00, 0x0f00_0000,
        0x00f0_0000, 0x000f_0000, 0x0000_0f00, 0x0000_00f0,
    ]

    /// The first that touches none of these; `nil` where each does.
    static func free(besides used: UInt32) -> UInt32? {
        candidates.first { $0 & used == 0 }
    }
}
