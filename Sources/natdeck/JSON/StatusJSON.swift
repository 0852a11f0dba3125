import NATDoctor
import NATModel
import NATScreen

/// The contract of `natdeck status --json`: camelCase, and null for what is unknown.
struct StatusJSON {
    let snapshot: Snapshot

    /// Writes the whole, a line. The doctor looks the box over while the rest is written: ten
    /// thousand rules take both a while.
    func write(to stream: StandardStream) async {
        let snapshot = snapshot
        async let problems = snapshot.problems
        var writer = JSONWriter { stream.write($0) }
        writer.begin("{")
        writer.member("takenAt", Moment.timestamp(snapshot.takenAtMilliseconds))
        interfaces(&writer)
        rules(&writer)
        tables(&writer)
        nat(&writer)
        let facts = BoxFacts(snapshot)
        assignments(&writer, facts)
        hosts(&writer, facts)
        conntrack(&writer)
        ports(&writer, facts)
        names(&writer)
        sysctls(&writer)
        writer.key("problems")
        writer.array(await problems) { writer, problem in
            writer.object {
                $0.member("id", problem.id)
                $0.member("severity", problem.severity.rawValue)
                $0.member("message", problem.message)
                $0.member("fix", problem.fix)
            }
        }
        writer.end("}")
        writer.endLine()
    }

    /// What the names in the file of assignments stand for.
    private func names(_ writer: inout JSONWriter) {
        array(&writer, "names", snapshot.names.value) { writer, name in
            writer.member("name", name.name.description)
            writer.member("answeredAt", name.answeredAtSeconds)
            writer.member("trouble", name.trouble)
            writer.member("askedEverySeconds", name.pace?.seconds)
            writer.member("costMilliseconds", name.pace?.costMilliseconds)
            writer.key("hosts")
            writer.array(name.hosts) { writer, host in
                writer.object {
                    $0.member("address", host.address.description)
                    $0.member("instance", host.instance)
                    $0.member("label", host.label)
                    $0.member("stoppedAt", host.stoppedAtSeconds)
                }
            }
        }
    }

    private func sysctls(_ writer: inout JSONWriter) {
        writer.key("sysctls")
        guard let values = snapshot.sysctls.value else { return writer.null() }
        writer.object { writer in
            for (name, value) in values.sorted(by: { $0.key < $1.key }) {
                writer.key(named: name)
                writer.value(value)
            }
        }
    }

    /// An array of the elements of a part, or null where the part could not be read.
    private func array<Element>(
        _ writer: inout JSONWriter, _ name: StaticString, _ elements: (some Sequence<Element>)?,
        _ body: (inout JSONWriter, Element) -> Void
    ) {
        writer.key(name)
        guard let elements else { return writer.null() }
        writer.array(elements) { writer, element in
            writer.object { body(&$0, element) }
        }
    }

    private func interfaces(_ writer: inout JSONWriter) {
        let egresses = snapshot.egressInterfaces
        array(&writer, "interfaces", snapshot.interfaces.value) { writer, interface in
            let egress = egresses.first { $0.interface.name == interface.name }
            writer.member("name", interface.name)
            writer.member("index", interface.index)
            writer.member("state", interface.state.rawValue)
            writer.member("mac", interface.mac)
            writer.key("addresses")
            writer.array(interface.addresses) { $0.value($1.description) }
            array(&writer, "publicAddresses", snapshot.publicAddresses(of: interface)) {
                $0.member("address", $1.address.description)
                $0.member("privateAddress", $1.privateAddress?.description)
                $0.member("source", $1.source.rawValue)
                $0.member("learntAt", $1.learntAtMilliseconds.map { Moment.timestamp($0) })
            }
            writer.member("egress", egress != nil)
            writer.member("speedBitsPerSecond", interface.speedBitsPerSecond)
            writer.member("table", snapshot.ownedTable(of: interface.name)?.id)
            writer.key("counters")
            if let counters = snapshot.counters.value?[interface.name] {
                writer.object { Self.counters(&$0, counters) }
            } else {
                writer.null()
            }
            writer.key("masquerade")
            if let masquerade = egress?.masquerade {
                writer.object {
                    $0.member("packets", masquerade.packets)
                    $0.member("bytes", masquerade.bytes)
                }
            } else {
                writer.null()
            }
        }
    }

    private static func counters(_ writer: inout JSONWriter, _ counters: InterfaceCounters) {
        writer.member("rxBytes", counters.rxBytes)
        writer.member("rxPackets", counters.rxPackets)
        writer.member("rxErrors", counters.rxErrors)
        writer.member("rxDropped", counters.rxDropped)
        writer.member("txBytes", counters.txBytes)
        writer.member("txPackets", counters.txPackets)
        writer.member("txErrors", counters.txErrors)
        writer.member("txDropped", counters.txDropped)
        writer.member("queueDropped", counters.queue?.droppedPackets)
        writer.member("queueRateBitsPerSecond", counters.queue?.rateBitsPerSecond)
    }

    private func rules(_ writer: inout JSONWriter) {
        array(&writer, "rules", snapshot.rules.value) { writer, rule in
            writer.member("priority", rule.priority)
            writer.member("source", rule.source?.description ?? "all")
            writer.member("table", rule.table)
            writer.member("mark", rule.mark?.description)
            // The kernel's own have always been told as nobody's.
            writer.member("protocol", rule.protocolNumber == 2 ? nil : rule.protocolNumber)
            writer.member("owned", rule.isOwned)
            writer.member("text", rule.words)
        }
    }

    private func tables(_ writer: inout JSONWriter) {
        array(&writer, "tables", snapshot.tables.value) { writer, table in
            writer.member("id", table.id)
            writer.member("owned", table.isOwned)
            let ways = table.routes.flatMap { route -> [(Route, IPv4Address?, String?)] in
                route.hops.isEmpty
                    ? [(route, route.nextHop, route.interface)]
                    : route.hops.map { (route, $0.nextHop, $0.interface) }
            }
            array(&writer, "routes", ways) { writer, way in
                let (route, nextHop, interface) = way
                writer.member(
                    "destination",
                    route.destination == .all ? "default" : route.destination.description)
                writer.member("type", route.type)
                writer.member("nextHop", nextHop?.description)
                writer.member("interface", interface)
                writer.member("metric", route.metric)
                writer.member("protocol", route.protocolNumber)
            }
        }
    }

    private func nat(_ writer: inout JSONWriter) {
        array(&writer, "nat", snapshot.nat.value) { writer, set in
            writer.member("backend", set.backend.rawValue)
            writer.member("family", set.family)
            writer.member("table", set.table)
            writer.member("program", set.program)
            array(&writer, "chains", set.chains) { writer, chain in
                writer.member("name", chain.name)
                writer.member("policy", chain.policy)
                writer.member("hook", chain.base?.hook)
                writer.member("priority", chain.base?.priority)
                writer.member("packets", chain.packets)
                writer.member("bytes", chain.bytes)
                // By their places: to take out each would take as long as to write half of it.
                array(&writer, "rules", chain.rules.indices) { writer, place in
                    writer.member("packets", chain.rules[place].packets)
                    writer.member("bytes", chain.rules[place].bytes)
                    writer.member("target", chain.rules[place].target)
                    writer.member("protocol", chain.rules[place].proto)
                    writer.member("in", chain.rules[place].input)
                    writer.member("out", chain.rules[place].output)
                    writer.member("source", chain.rules[place].source)
                    writer.member("destination", chain.rules[place].destination)
                    writer.member("extra", chain.rules[place].extra)
                    writer.member("owned", chain.rules[place].isOwned)
                }
            }
        }
    }

    private func assignments(_ writer: inout JSONWriter, _ facts: BoxFacts) {
        let known = snapshot.rules.value.map { _ in facts.assignments }
        array(&writer, "assignments", known) { writer, assignment in
            writer.member("source", assignment.source.description)
            writer.member("name", facts.saved(assignment.source)?.name?.description)
            writer.member("egress", assignment.decision.interface)
            writer.member("table", assignment.table)
            writer.member("owned", assignment.isOwned)
            writer.member("steering", assignment.method.rawValue)
            writer.member("masqueraded", assignment.isMasqueraded)
            // What its own rule says, and the priority of the one that decides.
            writer.member("wanted", assignment.egress)
            writer.member("decidedBy", assignment.decision.rule?.priority)
            writer.member("publicAddress", assignment.publicAddress?.description)
            // What natdeck itself gives it there.
            writer.key("addresses")
            writer.array(assignment.addresses) { $0.value($1.description) }
        }
    }

    private func conntrack(_ writer: inout JSONWriter) {
        writer.key("conntrack")
        guard let counters = snapshot.conntrack.value else { return writer.null() }
        writer.object {
            $0.member("count", counters.count)
            $0.member("max", counters.limit)
            $0.member("insertFailed", counters.lost?.insertFailed)
            $0.member("drop", counters.lost?.drop)
            $0.member("earlyDrop", counters.lost?.earlyDrop)
            $0.member("accounting", counters.countsTraffic)
        }
    }

    private func ports(_ writer: inout JSONWriter, _ facts: BoxFacts) {
        array(&writer, "ports", snapshot.flows.value?.ports) { writer, use in
            let outside = facts.owner(of: use.address)?.promisedAddress(of: use.address)
            writer.member("publicAddress", outside?.description)
            writer.member("address", use.address.description)
            writer.member("protocol", Transport.name(use.transport))
            writer.member("destination", "\(use.destination):\(use.port)")
            writer.member("used", use.used)
            writer.member("limit", PortUse.limit)
        }
    }

    /// Every source with an assignment and every host that was seen.
    private func hosts(_ writer: inout JSONWriter, _ facts: BoxFacts) {
        let assigned = facts.assignments.map(\.source)
        let known = Set(assigned)
        let seen = facts.hosts.map { IPv4Prefix($0) }.filter { !known.contains($0) }
        array(&writer, "hosts", assigned + seen) { writer, source in
            let host = facts.host(source)
            writer.member("source", source.description)
            writer.member("name", facts.label(of: source))
            writer.member("egress", host.decision.interface)
            writer.key("promised")
            writer.object {
                let isBlocked = host.obstacle != nil
                $0.member(
                    "publicAddress", isBlocked ? nil : host.promise?.publicAddress?.description)
                $0.member("sure", host.doubts.isEmpty)
                $0.key("doubts")
                $0.array(host.doubts) { $0.value($1) }
            }
            let reason = host.whyBlocked
            writer.member("blocked", reason != nil)
            writer.member("blockedBy", reason)
            writer.member("flows", host.flows?.flows)
            let totals = snapshot.flows.value
            writer.rate("newPerSecond", totals?.perSecond(host.flows?.begun))
            let carried = host.flows?.carriedSince
            writer.rate("rxBytesPerSecond", totals?.perSecond(carried?.receivedBytes))
            writer.rate("txBytesPerSecond", totals?.perSecond(carried?.sentBytes))
            writer.key("seen")
            writer.array(host.seen) { writer, seen in
                writer.object {
                    $0.member("publicAddress", seen.publicAddress?.description)
                    $0.member("address", seen.address.description)
                    $0.member("interface", seen.interface)
                    $0.member("flows", seen.count.flows)
                    $0.member("replied", seen.count.replied)
                }
            }
            writer.member("agrees", host.agrees)
        }
    }
}

extension JSONWriter {
    /// A rate as a whole number, or null where one reading tells none.
    fileprivate mutating func rate(_ name: StaticString, _ perSecond: Double?) {
        member(name, perSecond.map { Int($0.rounded()) })
    }
}
