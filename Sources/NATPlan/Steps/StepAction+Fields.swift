import NATModel

// What a step is about, as its line in the journal names it: each writer beside its reader.
//
// A reader gives `nil` for what its writer would not write: what is not understood would do more
// than the line says.
extension Step.Action {
    static func code(_ rule: RoutingPolicyRule) -> String {
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

    static func rule(_ text: Substring) -> RoutingPolicyRule? {
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

    static func code(_ route: Route, _ table: Int) -> String {
        var text = "\(table) \(route.type) \(route.destination)"
        if let nextHop = route.nextHop { text += " via=\(nextHop)" }
        if let interface = route.interface { text += " dev=\(interface)" }
        if route.isOnLink { text += " onlink=1" }
        if route.metric != 0 { text += " metric=\(route.metric)" }
        if let number = route.protocolNumber { text += " protocol=\(number)" }
        return text
    }

    static func route(_ text: Substring) -> (route: Route, table: Int)? {
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

    static func code(_ rule: Masquerade) -> String {
        "\(rule.program) \(rule.backend.rawValue) \(rule.source) \(rule.interface)"
    }

    static func masquerade(_ text: Substring) -> Masquerade? {
        let words = StepText.words(text)
        guard words.count == 4, let backend = NATBackend(rawValue: String(words[1])),
            let source = IPv4Prefix(words[2])
        else { return nil }
        return Masquerade(
            source, leavingBy: String(words[3]), in: backend, program: String(words[0]))
    }

    static func added(_ text: Substring) -> Self? {
        guard let space = text.utf8.firstIndex(of: UInt8(ascii: " ")),
            let rule = masquerade(text[text.utf8.index(after: space)...])
        else { return nil }
        if text[..<space] == "end" { return .addMasquerade(rule, position: nil) }
        return Int(text[..<space]).map { .addMasquerade(rule, position: $0) }
    }

    static func code(_ selection: FlowSelection) -> String {
        guard let key = selection.key else {
            return "\(selection.source)" + (selection.seenAs.map { " seen=\($0)" } ?? "")
                + (selection.unmarkedIn.map { " unmarked=0x\(String($0, radix: 16))" } ?? "")
                + (selection.untranslatedBut.map { " untranslated-but=\(code($0))" } ?? "")
        }
        let tuple = key.original
        return "\(selection.source) flow=\(tuple.transport),\(tuple.sourcePort)"
            + ",\(tuple.destination),\(tuple.destinationPort),\(key.zone)"
    }

    private static func code(_ sources: [IPv4Prefix]) -> String {
        sources.isEmpty ? "none" : sources.map(\.description).joined(separator: ",")
    }

    static func flows(_ text: Substring) -> FlowSelection? {
        let words = StepText.words(text)
        guard let source = words.first.flatMap({ IPv4Prefix($0) }) else { return nil }
        var selection = FlowSelection(source)
        for word in words.dropFirst() {
            guard let (name, value) = StepText.pair(word) else { return nil }
            switch name {
            case "seen": selection.seenAs = IPv4Address(value)
            case "unmarked": selection.unmarkedIn = PacketMark(String(value))?.value
            case "untranslated-but":
                selection.untranslatedBut = value.split(separator: ",").compactMap {
                    IPv4Prefix($0)
                }
            case "flow":
                guard let key = flow(value, from: source) else { return nil }
                selection = FlowSelection(key)
            default: return nil
            }
        }
        // What was not understood would end more flows.
        return code(selection) == text ? selection : nil
    }

    static func flow(_ text: Substring, from source: IPv4Prefix) -> FlowKey? {
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

    static func parameter(_ text: Substring) -> Self? {
        let words = StepText.words(text)
        guard words.count == 2, let value = Int(words[1]) else { return nil }
        return .setParameter(String(words[0]), value)
    }

    static func code(_ change: MapChange) -> String {
        func text(_ number: Int?) -> String { number.map(String.init) ?? "-" }
        return switch change {
        case .entry(let source, let before, let after):
            "\(source) \(text(before)) \(text(after))"
        case .cover(let network, let isAdded): "\(isAdded ? "close" : "open") \(network)"
        }
    }

    static func mapChange(_ text: Substring) -> MapChange? {
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

    static func gate(_ text: Substring) -> Self? {
        if text == "none" { return .setGate(nil) }
        return StepText.unescaped(text).flatMap { Gate($0) }.map { .setGate($0) }
    }

    static func file(_ text: Substring) -> Self? {
        guard let space = text.utf8.firstIndex(of: UInt8(ascii: " ")),
            let contents = StepText.unescaped(text[text.utf8.index(after: space)...])
        else { return nil }
        return .write(path: String(text[..<space]), contents: contents)
    }
}
