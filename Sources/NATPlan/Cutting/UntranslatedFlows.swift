import NATModel

/// Connections to the outside that began while nothing translated them, where a plan makes NAT for
/// their source.
///
/// The kernel asks the nat table about the first packet of a connection alone: the later ones would
/// leave with the address of their host for as long as it lives.
struct UntranslatedFlows {
    let box: Box

    /// The steps that end them, for what they send to start anew behind the NAT.
    func ends(after steps: [Step]) -> [Step] {
        // Nothing was forwarded that could have begun.
        guard box.snapshot.sysctl("net.ipv4.ip_forward") != 0 else { return [] }
        let made = steps.flatMap(translations)
        guard !made.isEmpty else { return [] }
        let sources = Dictionary(grouping: made, by: \.interface).mapValues {
            SourceSet($0.map(\.source))
        }
        func isMade(_ way: Way) -> Bool {
            sources[way.interface]?.holding(way.source.network).contains {
                $0.length <= way.source.length
            } ?? false
        }
        let steered = steeredWays
        let ended = (made.filter(isWay) + steered.filter(isMade)).filter(keepsAddress)
            .map(\.source).uniqued()
        guard !ended.isEmpty else { return [] }
        let whole = SourceSet(ended)
        // The box itself goes on, who goes another way without NAT, and whom a rule exempts from it.
        let left =
            (box.snapshot.ownAddresses.map { IPv4Prefix($0) }
            + steered.filter { !isMade($0) && keepsAddress($0) }.map(\.source)
            + exempted(after: steps)).uniqued()
        return ended.filter { source in
            !whole.holding(source.network).contains { $0.length < source.length }
        }.map { source in
            ConnectionStep.end(
                FlowSelection(untranslated: source, but: left.filter { source.contains($0) }))
        }
    }

    /// By which interface a source leaves.
    private struct Way: Hashable {
        let source: IPv4Prefix
        let interface: String
    }

    /// What a step makes NAT for.
    private func translations(_ step: Step) -> [Way] {
        switch step.action {
        case .addMasquerade(let rule, _):
            return [Way(source: rule.source, interface: rule.interface)]
        case .setGate(let gate):
            let present = ways((box.snapshot.gate.value ?? nil)?.addresses)
            return Array(ways(gate?.addresses).subtracting(present)).sorted {
                $0.source < $1.source
            }
        default: return []
        }
    }

    private func ways(_ given: GivenAddresses?) -> Set<Way> {
        Set(
            (given?.entries ?? []).flatMap { entry in
                entry.sources.map { Way(source: $0, interface: entry.egress.interface) }
            })
    }

    /// Whether the source leaves so by now.
    private func isWay(_ way: Way) -> Bool {
        box.facts.decision(for: way.source).interfaces == [way.interface]
    }

    /// How steered sources leave by now.
    private var steeredWays: [Way] {
        box.snapshot.steerings.compactMap { steering in
            box.facts.decision(for: steering.source).interface.map {
                Way(source: steering.source, interface: $0)
            }
        }
    }

    /// The sources that rules of nat name and that have no NAT once the steps are taken.
    private func exempted(after steps: [Step]) -> [IPv4Prefix] {
        let named = box.nat.flatMap(\.chains).flatMap(\.rules).compactMap { IPv4Prefix($0.source) }
            .filter { $0.length > 0 }.uniqued()
        guard !named.isEmpty else { return [] }
        let after = box.facts.applying(steps)
        return named.filter { source in
            guard let interface = after.decision(for: source).interface else { return false }
            return after.promise(of: source, leavingBy: interface)?.answer.addresses
                == [.untranslated]
        }
    }

    /// Whether what leaves so surely has the address of its host.
    private func keepsAddress(_ way: Way) -> Bool {
        box.facts.promise(of: way.source, leavingBy: way.interface)?.answer.addresses
            == [.untranslated]
    }
}
