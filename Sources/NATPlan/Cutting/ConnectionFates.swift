public import NATModel

/// What a plan does to the live connections of sources.
public struct ConnectionFates: Sendable {
    private let ended: SourceSet
    private let partly: [IPv4Prefix]

    /// What becomes of the connections of a source.
    public enum Fate: String, Hashable, Sendable {
        /// All of them end.
        case end
        /// Some of them do.
        case someEnd
        /// Nothing is done to them.
        case stay
    }

    /// What this plan does.
    public init(_ plan: Plan) {
        let selections = plan.steps.compactMap { step in
            if case .endFlows(let selection) = step.action { selection } else { nil }
        }
        let whole = selections.filter { $0.key == nil && $0.seenAs == nil }
        ended = SourceSet(whole.map(\.source))
        partly = selections.filter { $0.key != nil || $0.seenAs != nil }.map(\.source)
    }

    /// What it does to those of a source.
    public func fate(of source: IPv4Prefix) -> Fate {
        if ended.holding(source.network).contains(where: { $0.length <= source.length }) {
            return .end
        }
        return partly.contains { $0.contains(source) || source.contains($0) } ? .someEnd : .stay
    }
}
