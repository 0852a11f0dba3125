public import NATModel

/// What a plan does to the live connections of sources.
public struct ConnectionFates: Sendable {
    private let ended: SourceSet
    private let partly: [IPv4Prefix]
    /// The egresses that connections stay on, by the box's addresses there.
    private let egresses: [IPv4Address: String]
    /// The same by the marks that they have already.
    private let marked: [FlowMarks.Egress]

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
        }.filter { $0.untranslatedBut == nil }
        let isWhole = { (selection: FlowSelection) in
            selection.key == nil && selection.seenAs == nil && selection.unmarkedIn == nil
        }
        let whole = selections.filter(isWhole)
        marked = plan.steps.flatMap { step -> [FlowMarks.Egress] in
            if case .markConnections(let marks) = step.action { marks.egresses } else { [] }
        }
        egresses = Dictionary(
            marked.flatMap { egress in
                egress.addresses.map { ($0, egress.interface) }
            }, uniquingKeysWith: { first, _ in first })
        ended = SourceSet(whole.map(\.source))
        partly = selections.filter { !isWhole($0) }.map(\.source)
    }

    /// The interface that connections of this way stay on; `nil` where it does nothing to keep them
    /// there.
    public func egress(keeping way: LiveConnections.Way) -> String? {
        marked.first { $0.mark.value == way.mark & $0.mark.mask }?.interface
            ?? egresses[way.address]
    }

    /// Whether it does anything to keep connections where they are.
    var keepsAny: Bool { !marked.isEmpty }

    /// The ways of which nothing tells by which egress they lead, each with how many of these
    /// connections it has: they may end although the plan keeps connections where they are.
    public func unsure(of live: LiveConnections) -> [LiveConnections.Way: Int] {
        keepsAny ? live.byWay.filter { egress(keeping: $0.key) == nil } : [:]
    }

    /// What it does to those of a source.
    public func fate(of source: IPv4Prefix) -> Fate {
        if ended.holding(source.network).contains(where: { $0.length <= source.length }) {
            return .end
        }
        return partly.contains { $0.contains(source) || source.contains($0) } ? .someEnd : .stay
    }
}

extension Plan {
    /// Whether connections of what moves stay on the egress they began with.
    public var keepsConnections: Bool {
        steps.contains { if case .markConnections = $0.action { true } else { false } }
    }
}
