internal import NATModel

/// The question which way the host under the bar leaves, which a wide screen asks the kernel by itself.
struct Aside: Hashable, Sendable {
    /// The question.
    var question: RuleQuestion
    /// Since when the bar rests there, in milliseconds of the monotonic clock.
    var sinceMilliseconds: Int64
    /// Whether the kernel was asked.
    var isAsked = false

    /// Who scrolls past a host does not mean it.
    static let restMilliseconds: Int64 = 250
}

extension DashboardState {
    /// Wishes for the kernel's word on the host under the bar, and for its flows, while they are shown
    /// beside the hosts.
    mutating func asideToAsk() -> [Effect] {
        guard view == .overview, frozen == nil, OverviewAreas.side(layout) != nil,
            let source = tables[.overview]?.selected?.host, source.length == 32
        else { return [] }
        guard aside?.question.host == source.network else {
            aside = Aside(
                question: RuleQuestion(source.network, on: observed.snapshot),
                sinceMilliseconds: now)
            return []
        }
        guard let waiting = aside, now - waiting.sinceMilliseconds >= Aside.restMilliseconds
        else { return [] }
        var effects: [Effect] = []
        if !waiting.isAsked {
            aside?.isAsked = true
            effects.append(.askKernel(source.network, input: waiting.question.input))
        }
        asideFlows.list.ask(for: [source])
        if asideFlows.list.isDue(every: intervalMilliseconds, atMilliseconds: now) {
            effects.append(.readFlows([source]))
        }
        return effects
    }

    /// What the kernel has said of a source that is shown; `nil` where it was not asked.
    func kernelAnswer(for source: IPv4Prefix) -> KernelAnswer? {
        [question, aside?.question].compactMap(\.self)
            .first { IPv4Prefix($0.host) == source && $0.answer != nil }?.answer
    }
}
