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

    private static func code(_ rule: RoutingPolicyRule) -> String {
        var text = "\(rule.priority)"
        if let source = rule.source { text += " from=\(source)" }
        if let network = rule.selectors.destinationPrefix { text += " to=\(network)" }
        if let mark = rule.mark { text += " mark=\(mark)" }
        switch rule.action {
        case .lookup(let table): text += " table=\(table)"
        case .goto(let target): text += " goto=\(target)"
        case .lookupOfL3Device, .other: text += " nop=1"
        }
        if let length = rule.suppressPrefixLength { text += " suppress=\(length)" }
        if let number = rule.protocolNumber { text += " protocol=\(number)" }
        return text
    }

    private static func rule(_ text: Substring) -> RoutingPolicyRule? {
        var fields = StepText.words(text).makeIterator()
        guard let priority = fields.next().flatMap({ Int($0) }) else { return nil }
        var rule = RoutingPolicyRule(priority: priority, action: .lookup(table: 0))
        while let field = fields.next() {
            guard let (name, value) = StepText.pair(field) else { return nil }
            switch name {
            case "from": rule.source = IPv4Prefix(value)
            case "to":
                rule.selectors = IPv4Prefix(value).map(RuleSelectors.init(to:)) ?? RuleSelectors()
            case "mark": rule.mark = PacketMark(String(value))
            case "table": rule.action = .lookup(table: Int(value) ?? 0)
            case "goto": rule.action = .goto(priority: Int(value) ?? 0)
            case "nop": rule.action = .other("nop")
            case "suppress": rule.suppressPrefixLength = Int(value)
            case "protocol": rule.protocolNumber = Int(value)
            default: return nil
            }
        }
        // What was not understood would select more packets.
        return code(rule) == text ? rule : nil
    }

    private static func code(_ route: Route, _ table: Int) -> String {
        var text = "\(table) \(route.type) \(route.destination)"
        if let nextHop = route.nextHop { text += " via=\(nextHop)" }
        if let interface = route.interface { text += " dev=\(interface)" }
        if route.isOnLink { text += " onlink=1" }
        if route.metric != 0 { text += " metric=\(route.metric)" }
        if let number = route.protocolNumber { text += " protocol=\(number)" }
        return text
    }

    private static func route(_ text: Substring) -> (route: Route, table: Int)? {
        var fields = StepText.words(text).makeIterator()
        guard let table = fields.next().flatMap({ Int($0) }), let type = fields.next(),
            let destination = fields.next().flatMap({ IPv4Prefix($0) })
        else { return nil }
        var route = Route(destination: destination, type: String(type))
        while let field = fields.next() {
            guard let (name, value) = StepText.pair(field) else { return nil }
            switch name {
            case "via": route.nextHop = IPv4Address(value)
            case "dev": route.interface = String(value)
            case "onlink": route.isOnLink = true
            case "metric": route.metric = UInt32(value) ?? 0
            case "protocol": route.protocolNumber = Int(value)
            default: return nil
            }
        }
        return code(route, table) == text ? (route, table) : nil
    }

    private static func code(_ rule: Masquerade) -> String {
        "\(rule.program) \(rule.backend.rawValue) \(rule.source) \(rule.interface)"
    }

    private static func masquerade(_ text: Substring) -> Masquerade? {
        let words = StepText.words(text)
        guard words.count == 4, let backend = NATBackend(rawValue: String(words[1])),
            let source = IPv4Prefix(words[2])
        else { return nil }
        return Masquerade(
            source, leavingBy: String(words[3]), in: backend, program: String(words[0]))
    }

    private static func added(_ text: Substring) -> Self? {
        guard let space = text.utf8.firstIndex(of: UInt8(ascii: " ")),
            let rule = masquerade(text[text.utf8.index(after: space)...])
        else { return nil }
        if text[..<space] == "end" { return .addMasquerade(rule, position: nil) }
        return Int(text[..<space]).map { .addMasquerade(rule, position: $0) }
    }

    private static func code(_ selection: FlowSelection) -> String {
        guard let key = selection.key else {
            return "\(selection.source)" + (selection.seenAs.map { " seen=\($0)" } ?? "")
                + (selection.unmarkedIn.map { " unmarked=0x\(String($0, radix: 16))" } ?? "")
        }
        let tuple = key.original
        return "\(selection.source) flow=\(tuple.transport),\(tuple.sourcePort)"
            + ",\(tuple.destination),\(tuple.destinationPort),\(key.zone)"
    }

    private static func flows(_ text: Substring) -> FlowSelection? {
        let words = StepText.words(text)
        guard let source = words.first.flatMap({ IPv4Prefix($0) }) else { return nil }
        var selection = FlowSelection(source)
        for word in words.dropFirst() {
            guard let (name, value) = StepText.pair(word) else { return nil }
            switch name {
            case "seen": selection.seenAs = IPv4Address(value)
            case "unmarked": selection.unmarkedIn = PacketMark(String(value))?.value
            case "flow":
                guard let key = flow(value, from: source) else { return nil }
                selection = FlowSelection(key)
            default: return nil
            }
        }
        // What was not understood would end more flows.
        return code(selection) == text ? selection : nil
    }

    private static func flow(_ text: Substring, from source: IPv4Prefix) -> FlowKey? {
        let parts = text.split(separator: ",", omittingEmptySubsequences: false)
        guard parts.count == 5, source.length == 32, let transport = UInt8(parts[0]),
            let sourcePort = UInt16(parts[1]), let destination = IPv4Address(parts[2]),
            let port = UInt16(parts[3]), let zone = UInt16(parts[4])
        else { return nil }
        return FlowKey(
            ConntrackFlow.Tuple(
                source: source.network, destination: destination, transport: transport,
                sourcePort: sourcePort, destinationPort: port), zone: zone)
    }

    private static func parameter(_ text: Substring) -> Self? {
        let words = StepText.words(text)
        guard words.count == 2, let value = Int(words[1]) else { return nil }
        return .setParameter(String(words[0]), value)
    }

    private static func code(_ change: MapChange) -> String {
        func text(_ number: Int?) -> String { number.map(String.init) ?? "-" }
        return switch change {
        case .entry(let source, let before, let after):
            "\(source) \(text(before)) \(text(after))"
        case .cover(let network, let isAdded): "\(isAdded ? "close" : "open") \(network)"
        }
    }

    private static func mapChange(_ text: Substring) -> MapChange? {
        let words = StepText.words(text)
        let change: MapChange
        if words.count == 2, let network = IPv4Prefix(words[1]) {
            change = .cover(network, isAdded: words[0] == "close")
        } else if words.count == 3, let source = IPv4Prefix(words[0]) {
            change = .entry(source, from: Int(words[1]), to: Int(words[2]))
        } else {
            return nil
        }
        return code(change) == text ? change : nil
    }

    private static func gate(_ text: Substring) -> Self? {
        if text == "none" { return .setGate(nil) }
        return StepText.unescaped(text).flatMap { Gate($0) }.map { .setGate($0) }
    }

    private static func file(_ text: Substring) -> Self? {
        guard let space = text.utf8.firstIndex(of: UInt8(ascii: " ")),
            let contents = StepText.unescaped(text[text.utf8.index(after: space)...])
        else { return nil }
        return .write(path: String(text[..<space]), contents: contents)
    }
}

/// The spelling of the fields of a step.
private enum StepText {
    /// The words between single spaces. No name of an interface holds one: the kernel forbids it.
    static func words(_ text: Substring) -> [Substring] {
        text.utf8.split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false)
            .map { Substring($0) }
    }

    /// The two sides of the first `=`.
    static func pair(_ field: Substring) -> (name: Substring, value: Substring)? {
        guard let mark = field.utf8.firstIndex(of: UInt8(ascii: "=")) else { return nil }
        return (field[..<mark], field[field.utf8.index(after: mark)...])
    }

    /// The text without tabs and line ends: `\t`, `\n`, and `\\` for a backslash.
    static func escaped(_ text: String) -> String {
        guard text.utf8.contains(where: { $0 == 9 || $0 == 10 || $0 == 92 }) else { return text }
        var escaped = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\t": escaped += "\\t"
            case "\n": escaped += "\\n"
            case "\\": escaped += "\\\\"
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }

    /// The text as it was; `nil` where nothing is escaped so.
    static func unescaped(_ text: Substring) -> String? {
        guard text.utf8.contains(UInt8(ascii: "\\")) else { return String(text) }
        var plain = ""
        var scalars = text.unicodeScalars.makeIterator()
        while let scalar = scalars.next() {
            guard scalar == "\\" else {
                plain.unicodeScalars.append(scalar)
                continue
            }
            switch scalars.next() {
            case "t": plain += "\t"
            case "n": plain += "\n"
            case "\\": plain += "\\"
            default: return nil
            }
        }
        return plain
    }
}
