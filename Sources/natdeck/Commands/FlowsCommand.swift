import ArgumentParser
import NATHost
import NATModel
import NATPlan

#if canImport(Glibc)
    import Glibc
#endif

struct FlowsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "flows", abstract: "Live connections, and under which address each is seen.",
        discussion: """
            Examples:
              natdeck flows 172.31.26.176
              natdeck flows --json | jq '.[] | select(.agrees == false)'
            """)

    @Argument(help: "A host (172.31.26.176) or a prefix (10.0.3.0/24); all of them without it.")
    var source: String?

    @Flag(help: "Print JSON, with null for what is unknown.")
    var json = false

    func run() async throws {
        let prefix: IPv4Prefix
        if let source {
            do throws(PlanRefusal) { prefix = try .source(source) } catch { throw refusal(error) }
        } else {
            prefix = .all
        }
        let box = LocalBox.system()
        let now = await box.reader.snapshot(
            [.interfaces, .rules, .tables, .nat, .forward, .cloud, .sysctls], over: nil)
        let flows: [ConntrackFlow]
        switch await box.flows(of: [prefix]) {
        case .value(let all): flows = all
        case .failed(let failure):
            complain("\(failure)", fix: failure.fix)
            throw (geteuid() == 0 ? ExitStatus.failed : .notPermitted).code
        }
        let list = FlowList(flows, on: BoxFacts(now, derivesAssignments: false))
        if json {
            FlowsJSON(list: list, now: now.takenAtMilliseconds).write(to: .output)
        } else {
            StandardStream.output.write(
                FlowsText(list: list, now: now.takenAtMilliseconds).text)
        }
    }
}

/// Flows that somebody would miss, by who began them.
struct FlowList {
    let flows: [FlowFacts]

    /// Those of these flows that are live and go through the box, not to it.
    init(_ flows: [ConntrackFlow], on facts: BoxFacts) {
        let own = Set(facts.snapshot.ownAddresses)
        var egresses: [IPv4Address: String?] = [:]
        self.flows =
            flows.filter { flow in
                flow.isLive
                    && (flow.isDestinationTranslated || !own.contains(flow.original.destination))
            }
            .map { flow in
                let source = flow.original.source
                let egress =
                    egresses[source] ?? facts.decision(for: IPv4Prefix(source)).interface
                egresses[source] = .some(egress)
                return facts.facts(of: flow, leavingBy: egress)
            }
            .sorted { $0.flow.original.precedes($1.flow.original) }
    }
}

extension ConntrackFlow.Tuple {
    /// The order of a list: by source, then by where it goes.
    fileprivate func precedes(_ other: Self) -> Bool {
        if source != other.source { return source < other.source }
        return (destination, transport, destinationPort, sourcePort)
            < (other.destination, other.transport, other.destinationPort, other.sourcePort)
    }
}
