import NATModel

/// Steps that were taken and are to be taken back, one by one.
public struct Undoing: Hashable, Codable, Sendable {
    /// What was done, in one sentence.
    public var title: String
    /// What was done, in the order in which it was.
    public var steps: [Step]
    /// The sources whose rules it touched, and which way each left before.
    public var ways: [Arrangement]

    /// These steps, and what was before them.
    public init(title: String, steps: [Step], ways: [Arrangement]) {
        self.title = title
        self.steps = steps
        self.ways = ways
    }
}

/// Plans that a change is taken back by the inverses it was written down with.
///
/// They fit the box as that change has left it. Where somebody has made or removed the same since,
/// the kernel refuses a step, and those before it are taken back.
struct UndoPlan {
    let undoing: Undoing

    func plan() -> Plan {
        let steps = undoing.steps.reversed().compactMap { step in
            step.inverse.map { Step("take back: \(step.summary)", $0, inverse: step.action) }
        }
        return Plan(
            intent: .undo(undoing), title: "undo «\(undoing.title)»", steps: steps,
            verifications: undoing.ways.compactMap { way in
                way.egress.map { .leaves(way.source, by: $0) }
            })
    }
}
