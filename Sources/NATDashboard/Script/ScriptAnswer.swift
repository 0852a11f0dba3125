internal import NATModel
internal import NATPlan

/// What a box answers to an effect, as a line of a script says it.
///
/// ```
/// connections 172.31.26.175 118      so many live connections
/// steps 2                            steps of the plan that have been taken
/// applied done                       or: keep 60, not-permitted,
/// applied rolled-back OBJECT: WHY    refused OBJECT: WHY, leftovers COMMAND: WHY
/// settled kept                       or: taken back, finished
/// undo release SOURCE                or: assign SOURCE NIC, none WHY
/// ```
package enum ScriptAnswer: Hashable, Sendable {
    /// Live connections of a source.
    case connections(source: String, count: Int)
    /// Steps that have been taken.
    case steps(Int)
    /// How carrying out a plan ended.
    case applied(Ending)
    /// What became of the pending change.
    case settled(String)
    /// What would undo the last change.
    case undo(Undo)

    /// How carrying out a plan ended.
    package enum Ending: Hashable, Sendable {
        case done, notPermitted
        case keep(seconds: Int)
        case rolledBack(object: String, reason: String)
        case refused(object: String, reason: String)
        case leftovers(command: String, reason: String)
    }

    /// What would undo the last change.
    package enum Undo: Hashable, Sendable {
        case release(source: String)
        case assign(source: String, interface: String)
        case none(reason: String)
    }

    /// The words such lines begin with.
    static let words = ["connections", "steps", "applied", "settled", "undo"]

    /// Reads a line; `nil` where it begins with another word.
    init?(_ word: String, _ rest: String) throws(ScriptFault) {
        switch word {
        case "connections":
            let (source, count) = rest.cut(at: " ")
            guard IPv4Prefix(source) != nil, let count = Int(count.trimmed), count >= 0 else {
                throw ScriptFault("connections of whom, and how many? SOURCE COUNT")
            }
            self = .connections(source: String(source), count: count)
        case "steps":
            guard let count = Int(rest), count >= 0 else { throw ScriptFault("how many steps?") }
            self = .steps(count)
        case "applied": self = .applied(try Self.ending(rest))
        case "settled":
            guard ["kept", "taken back", "finished"].contains(rest) else {
                throw ScriptFault("settled how? kept, taken back or finished")
            }
            self = .settled(rest)
        case "undo": self = .undo(try Self.undo(rest))
        default: return nil
        }
    }

    private static func ending(_ text: String) throws(ScriptFault) -> Ending {
        let (word, rest) = text.cut(at: " ")
        // Commands hold colons, reasons do too: the two are parted at the first one with a space.
        let parts = rest.ranges(of: ": ").first.map {
            (String(rest[..<$0.lowerBound]).trimmed, String(rest[$0.upperBound...]).trimmed)
        }
        switch (String(word), parts) {
        case ("done", _): return .done
        case ("not-permitted", _): return .notPermitted
        case ("keep", _):
            guard let seconds = Int(rest.trimmed), seconds > 0 else {
                throw ScriptFault("applied keep for how many seconds?")
            }
            return .keep(seconds: seconds)
        case ("rolled-back", let parts?): return .rolledBack(object: parts.0, reason: parts.1)
        case ("refused", let parts?): return .refused(object: parts.0, reason: parts.1)
        case ("leftovers", let parts?): return .leftovers(command: parts.0, reason: parts.1)
        default:
            throw ScriptFault(
                "applied how? done, keep SECONDS, not-permitted, rolled-back OBJECT: WHY, "
                    + "refused OBJECT: WHY or leftovers COMMAND: WHY")
        }
    }

    private static func undo(_ text: String) throws(ScriptFault) -> Undo {
        let (word, rest) = text.cut(at: " ")
        let words = rest.split(separator: " ").map(String.init)
        switch (word, words.count) {
        case ("none", _): return .none(reason: rest.trimmed)
        case ("release", 1) where IPv4Prefix(words[0]) != nil: return .release(source: words[0])
        case ("assign", 2) where IPv4Prefix(words[0]) != nil:
            return .assign(source: words[0], interface: words[1])
        default:
            throw ScriptFault("undo what? release SOURCE, assign SOURCE NIC or none WHY")
        }
    }

    /// The effect it answers, by the word of the line; `nil` for news that nobody has to ask for.
    var question: String? {
        switch self {
        case .connections: "connections"
        case .steps: nil
        case .applied: "applied"
        case .settled: "settled"
        case .undo: "undo"
        }
    }

    /// The answer as the dashboard gets it.
    func message(atMilliseconds now: Int64) -> Message {
        switch self {
        case .connections(let source, let count):
            .connectionsCounted(
                IPv4Prefix(source).map { [$0: LiveConnections(count: count)] } ?? [:],
                of: IPv4Prefix(source).map { [$0] } ?? [])
        case .steps(let count): .stepsTaken(count)
        case .applied(let ending): .applied(ending.outcome, atMilliseconds: now)
        case .settled(let what): .settled(.done, what, atMilliseconds: now)
        case .undo(let undo): .undoFound(undo.result)
        }
    }
}

extension ScriptAnswer.Ending {
    fileprivate var outcome: Outcome {
        switch self {
        case .done: .done
        case .notPermitted: .notPermitted
        case .keep(let seconds): .awaitsKeep(seconds: seconds)
        case .rolledBack(let object, let reason): .rolledBack(Outcome.Failure(object, reason))
        case .refused(let object, let reason): .refused(PlanRefusal(object, reason))
        case .leftovers(let command, let reason):
            .leftovers(
                Outcome.Failure(command, reason),
                [Outcome.Leftover(summary: command, command: command, reason: reason)])
        }
    }
}

extension ScriptAnswer.Undo {
    fileprivate var result: Result<UndoOffer, PlanRefusal> {
        switch self {
        case .none(let reason): .failure(PlanRefusal("natdeck undo", reason))
        case .release(let source):
            .success(UndoOffer(.release([IPv4Prefix(source)].compactMap { $0 }), undoes: "script"))
        case .assign(let source, let interface):
            .success(
                UndoOffer(
                    .assign(
                        [IPv4Prefix(source)].compactMap { $0 }, egress: Egress(interface),
                        options: AssignOptions()), undoes: "script"))
        }
    }
}

extension Effect {
    /// The word of the line that answers it; `nil` where none has to come.
    var question: String? {
        switch self {
        case .apply: "applied"
        case .keep, .revert, .recover: "settled"
        case .findUndo: "undo"
        case .countConnections: "connections"
        default: nil
        }
    }
}
