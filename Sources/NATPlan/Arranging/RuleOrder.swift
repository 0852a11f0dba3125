import NATModel

extension ArrangeDraft {
    /// The rules that are added, those of a host before those of a network that it lies in: it must
    /// not leave by the way of the network meanwhile.
    var addedInTurn: [Step] { Self.byLength(add, from: 32) }

    /// The rules that are deleted, those of a network before those of a host in it.
    var deletedInTurn: [Step] { Self.byLength(delete, from: 0) }

    /// The steps in their order, but for the length of what a rule is for.
    private static func byLength(_ steps: [Step], from first: Int) -> [Step] {
        let lengths = steps.map { abs(($0.ruledSource?.length ?? first) - first) }
        return zip(lengths, steps.indices).sorted { $0 < $1 }.map { steps[$0.1] }
    }
}

extension Step {
    /// The source that the policy rule is for which it adds or deletes.
    fileprivate var ruledSource: IPv4Prefix? {
        switch action {
        case .routing(.addRule(let rule)), .routing(.deleteRule(let rule)): rule.source
        default: nil
        }
    }
}
