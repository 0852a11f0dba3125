import NATModel
import NATPlan

/// Asks the kernel by which interface the sources of a plan leave.
///
/// Of very many sources it is asked about an even sample: each question walks all rules, as every
/// packet does. For all of them the rules that were read back are walked.
struct KernelSample: Sendable {
    let routing: any RoutingSource
    /// What follows from the box as it is after the plan.
    let facts: BoxFacts
    /// What stands for the outside.
    var outside = IPv4Address.outside
    /// Whether the plan says that rules may decide otherwise.
    var hasDoubts = false

    /// How many sources are asked about at the most.
    static let most = 1000

    /// A source, and the interface it is to leave by.
    typealias Wanted = (source: IPv4Prefix, interface: String)

    /// The first source that leaves another way; `nil` where none does.
    func failure(of wanted: [Wanted]) async -> Outcome.Failure? {
        if wanted.count > Self.most, let failure = walk(wanted) { return failure }
        return await ask(Self.evenly(wanted))
    }

    /// As many as may be asked about, from the first to the last.
    static func evenly(_ wanted: [Wanted]) -> [Wanted] {
        guard wanted.count > most else { return wanted }
        return (0..<most).map { wanted[$0 * (wanted.count - 1) / (most - 1)] }
    }

    /// Where what was read back is sure of another way.
    private func walk(_ wanted: [Wanted]) -> Outcome.Failure? {
        for (source, interface) in wanted {
            let decision = facts.decision(for: source)
            guard decision.doubts.isEmpty, decision.end != .unknown,
                !decision.interfaces.contains(interface)
            else { continue }
            let names = decision.interfaces.joined(separator: " and ")
            return .init(
                "ip rule show",
                "\(source) leaves by \(names.isEmpty ? "nothing" : names) and not by"
                    + " \(interface)")
        }
        return nil
    }

    private func ask(_ wanted: [Wanted]) async -> Outcome.Failure? {
        let narrower = NarrowerSources(facts.snapshot)
        let asked = wanted.compactMap { wanted in
            narrower.host(of: wanted.source).map { (host: $0, interface: wanted.interface) }
        }
        // A packet comes in by the interface that leads back to where it is from.
        let back = asked.map { RouteQuestion(to: $0.host) }
        var questions: [RouteQuestion] = []
        for (question, way) in zip(back, await routing.ways(of: back)) {
            guard let input = way.value?.interface else {
                let failure =
                    way.failure
                    ?? ReadFailure("\(question.command)", "no interface leads to it")
                return .init(failure.object, failure.reason)
            }
            var asked = RouteQuestion(to: outside, from: question.destination, input: input)
            asked.mark = facts.mark(of: IPv4Prefix(question.destination))
            questions.append(asked)
        }
        let answers = zip(questions, await routing.ways(of: questions))
        for ((question, answer), (host, interface)) in zip(answers, asked) {
            if let table = answer.value?.table, mayDiffer(host, interface, table) { continue }
            switch answer {
            case .failed(let failure): return .init(failure.object, failure.reason)
            case .value(let way) where way.interface == interface: continue
            case .value(let way):
                return .init(
                    "\(question.command)",
                    "the kernel sends it out of \(way.interface ?? "nothing") and not of"
                        + " \(interface)")
            }
        }
        return nil
    }

    /// Whether a rule by protocol led the kernel's question by this table, for it asks as UDP. Others
    /// may go otherwise: that is no proof of either, and was told before.
    private func mayDiffer(_ host: IPv4Address, _ interface: String, _ table: Int) -> Bool {
        guard hasDoubts else { return false }
        let decision = facts.decision(for: IPv4Prefix(host))
        return decision.interfaces.contains(interface)
            && decision.doubts.contains { rule in
                rule.table == table && rule.selectors.ipProtocol != nil
            }
    }
}

/// The sources of all rules and of the map, in order, to find those that lie within another.
struct NarrowerSources {
    private let sources: [IPv4Prefix]

    init(_ snapshot: Snapshot) { self.init(snapshot.rules.value ?? [], snapshot.map) }

    init(_ rules: [RoutingPolicyRule], _ map: SourceMap? = nil) {
        let ruled = rules.filter { !$0.isClosing }.compactMap(\.source)
        sources = (ruled + (map.map { Array($0.sources) } ?? [])).sorted()
    }

    /// A host of `source` that nothing narrower sends elsewhere; `nil` where there is none.
    func host(of source: IPv4Prefix) -> IPv4Address? {
        if source.length == 32 { return source.network }
        var host = source.representative
        for narrower in sources[first(from: source.network)...] {
            if narrower.network.rawValue > host.rawValue { break }
            guard narrower != source, source.contains(narrower), narrower.contains(host) else {
                continue
            }
            guard narrower.last < source.last else { return nil }
            host = IPv4Address(rawValue: narrower.last.rawValue + 1)
        }
        return host
    }

    /// The place of the first source that does not begin before this address.
    private func first(from network: IPv4Address) -> Int {
        var (low, high) = (0, sources.count)
        while low < high {
            let middle = (low + high) / 2
            if sources[middle].network < network { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
