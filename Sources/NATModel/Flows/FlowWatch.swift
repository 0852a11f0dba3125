/// Waits for the first flow that sources begin, and tells under which address it was answered.
///
/// That is the proof of a change: a flow from before it proves nothing.
public struct FlowWatch: Sendable {
    private let sources: SourceSet
    private let before: FlowMemory
    /// How many flows were begun since, as far as the last look saw.
    public private(set) var begun = 0

    /// What came of it.
    public enum Outcome: Hashable, Sendable {
        /// A flow was answered under this address of the box.
        case answered(FlowKey, as: IPv4Address)
        /// So many flows were begun, and none has been answered.
        case unanswered(Int)
        /// Nothing was sent.
        case silent
        /// The flows cannot be read.
        case unread(ReadFailure)
    }

    /// A watch over these sources; the flows are those of before.
    public init(_ sources: [IPv4Prefix], before flows: some Sequence<ConntrackFlow>) {
        self.sources = SourceSet(sources)
        var memory = FlowMemory()
        memory.begin()
        for flow in flows { _ = memory.note(flow) }
        before = memory
    }

    /// Looks at the flows as they are now; the proof, or `nil` where there is none yet.
    public mutating func look(at flows: some Sequence<ConntrackFlow>) -> Outcome? {
        begun = 0
        var memory = before
        memory.begin()
        var answered: ConntrackFlow?
        for flow in flows where sources.contains(flow.original.source) && flow.isToOutside {
            guard memory.note(flow).isNew else { continue }
            begun += 1
            if flow.hasReplied, answered == nil { answered = flow }
        }
        return answered.map { .answered(FlowKey($0), as: $0.reply.destination) }
    }

    /// What is said when nobody waits any longer.
    public var verdict: Outcome { begun == 0 ? .silent : .unanswered(begun) }
}
