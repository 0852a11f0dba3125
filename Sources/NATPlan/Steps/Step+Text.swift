public import NATModel

/// A step is one short line of the journal and of the history: what it does for people, the action
/// and its inverse, with a tab between them.
///
/// Ten thousand steps are written before the first of them is taken, so they are written as texts
/// and not as trees of objects.
extension Step: TextCodable {
    /// The fields with a tab between them.
    public var description: String {
        let undo =
            switch inverse {
            case nil: "-"
            case let inverse? where inverse == action.opposite: "~"
            case let inverse?: inverse.code
            }
        return StepText.escaped(summary) + "\t" + action.code + "\t" + undo
            + (mayFail ? "\tmay fail" : "")
    }

    /// Reads such a line; `nil` where it is none, or says something that natdeck never does.
    public init?(_ text: String) {
        let fields = text.split(separator: "\t", omittingEmptySubsequences: false)
        guard fields.count == 3 || fields.count == 4 && fields[3] == "may fail",
            let summary = StepText.unescaped(fields[0]), let action = Action(code: fields[1])
        else { return nil }
        let inverse: Action?
        switch fields[2] {
        case "-": inverse = nil
        case "~":
            guard let opposite = action.opposite else { return nil }
            inverse = opposite
        case let code:
            guard let read = Action(code: code) else { return nil }
            inverse = read
        }
        self.init(summary, action, inverse: inverse, mayFail: fields.count == 4)
    }
}

extension Step: LineCodable {
    /// The same fields.
    public var line: String { description }

    /// Reads such a line; `nil` where it is none.
    public init?(line: Substring) { self.init(String(line)) }
}

extension Step.Action {
    /// The action in a form that a file keeps: a verb, then its fields.
    var code: String {
        switch self {
        case .routing(.addRule(let rule)): "rule+ \(Self.code(rule))"
        case .routing(.deleteRule(let rule)): "rule- \(Self.code(rule))"
        case .routing(.addRoute(let route, let table)): "route+ \(Self.code(route, table))"
        case .routing(.deleteRoute(let route, let table)): "route- \(Self.code(route, table))"
        case .addMasquerade(let rule, let position):
            "nat+ \(position.map(String.init) ?? "end") \(Self.code(rule))"
        case .deleteMasquerade(let rule): "nat- \(Self.code(rule))"
        case .setParameter(let name, let value): "set \(name) \(value)"
        case .endFlows(let selection): "end \(Self.code(selection))"
        case .markConnections(let marks): "mark \(marks)"
        case .forgetMarks(let mask): "forget 0x\(String(mask, radix: 16))"
        case .setGate(let gate): "gate \(gate.map { StepText.escaped($0.description) } ?? "none")"
        case .steer(let change): "steer \(Self.code(change))"
        case .write(let path, let contents): "write \(path) \(StepText.escaped(contents))"
        case .remove(let path): "remove \(path)"
        case .cloud(let change): "cloud \(change)"
        case .keep(let change): "keep \(StepText.escaped(change.description))"
        }
    }

    /// Reads what ``code`` wrote; `nil` where natdeck makes no such step.
    init?(code: Substring) {
        guard let space = code.utf8.firstIndex(of: UInt8(ascii: " ")) else { return nil }
        let rest = code[code.utf8.index(after: space)...]
        let action: Self? =
            switch code[..<space] {
            case "rule+": Self.rule(rest).map { .routing(.addRule($0)) }
            case "rule-": Self.rule(rest).map { .routing(.deleteRule($0)) }
            case "route+": Self.route(rest).map { .routing(.addRoute($0.route, table: $0.table)) }
            case "route-":
                Self.route(rest).map { .routing(.deleteRoute($0.route, table: $0.table)) }
            case "nat+": Self.added(rest)
            case "nat-": Self.masquerade(rest).map(Self.deleteMasquerade)
            case "set": Self.parameter(rest)
            case "end": Self.flows(rest).map(Self.endFlows)
            case "mark": FlowMarks(String(rest)).map(Self.markConnections)
            case "forget": PacketMark(String(rest)).map { .forgetMarks(mask: $0.value) }
            case "gate": Self.gate(rest)
            case "steer": Self.mapChange(rest).map(Self.steer)
            case "write": Self.file(rest)
            case "remove": .remove(path: String(rest))
            case "cloud": CloudChange(String(rest)).map(Self.cloud)
            case "keep": StepText.unescaped(rest).flatMap { KeptChange($0) }.map(Self.keep)
            default: nil
            }
        guard let action, action.isMadeByNatdeck else { return nil }
        self = action
    }
}
