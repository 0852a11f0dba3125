public import NATModel

/// Something that was kept and is not so on the box any more.
public enum Loss: Hashable, Sendable, CustomStringConvertible {
    /// The rule that sends a source to its table.
    case rule(IPv4Prefix)
    /// The rule by which connections keep the egress of a table.
    case mark(table: Int)
    /// The rule that closes a network to what the map has not marked.
    case closing(IPv4Prefix)
    /// Rules by which something passes by those for sources.
    case landing
    /// The way out of a table by an interface.
    case route(table: Int, interface: String)
    /// The route that makes a table fail closed.
    case backstop(table: Int)
    /// Routes by which a table hands back what is internal.
    case internals(table: Int)
    /// Our MASQUERADE of a source on an interface, or the foreign rule that did its work.
    case masquerade(IPv4Prefix, interface: String)
    /// The gate that keeps hosts from leaving by another interface.
    case gate
    /// The table of the gate as this natdeck makes it: another version has made it.
    case shape
    /// A kernel parameter.
    case parameter(String)
    /// Anything else, in the words of the plan that mends it.
    case other(String)

    /// What was lost where this step puts something back; `nil` for a step that ends or removes.
    public init?(putBackBy step: Step) {
        switch step.action {
        case .routing(.addRule(let rule)) where rule.isMark: self = .mark(table: rule.table ?? 0)
        case .routing(.addRule(let rule)) where rule.isClosing:
            self = rule.source.map(Loss.closing) ?? .landing
        case .routing(.addRule(let rule)): self = rule.source.map(Loss.rule) ?? .landing
        case .steer(.entry(let source, _, _?)): self = .rule(source)
        case .routing(.addRoute(let route, let table)):
            switch route.type {
            case "throw": self = .internals(table: table)
            case "unicast": self = .route(table: table, interface: route.interface ?? "")
            default: self = .backstop(table: table)
            }
        case .addMasquerade(let rule, nil):
            self = .masquerade(rule.source, interface: rule.interface)
        case .setParameter(let name, _): self = .parameter(name)
        case .setGate(_?):
            if case .setGate(let before?) = step.inverse, before.isOfAnotherShape {
                self = .shape
            } else {
                self = .gate
            }
        case .routing, .addMasquerade, .deleteMasquerade, .endFlows, .markConnections,
            .forgetMarks, .setGate, .steer, .write, .remove, .cloud, .keep:
            return nil
        }
    }

    /// Whether putting it back may wait where it is lost again and again. What closes a host does not.
    var mayWait: Bool {
        switch self {
        case .gate, .shape, .mark, .closing: false
        case .rule, .landing, .route, .backstop, .internals, .masquerade, .parameter, .other: true
        }
    }

    /// The loss in a few words.
    public var description: String {
        switch self {
        case .rule(let source): "the rule of \(source)"
        case .mark(let table): "the rule by which connections keep the egress of table \(table)"
        case .closing(let network): "the rule that closes \(network)"
        case .landing: "a rule by which something passes by those for sources"
        case .route(let table, let interface): "the way out by \(interface) in table \(table)"
        case .backstop(let table): "the backstop of table \(table)"
        case .internals(let table): "routes of table \(table) that hand back what is internal"
        case .masquerade(let source, let interface): "the NAT of \(source) on \(interface)"
        case .gate: "the gate that keeps hosts from another public address"
        case .shape: "natdeck's nft table, which another version of it has made,"
        case .parameter(let name): "the value of \(name)"
        case .other(let words): "what «\(words)» mends"
        }
    }
}

extension Plan {
    /// What was lost where this plan brings the box back to what was kept, each once.
    public var losses: [Loss] {
        let losses = steps.compactMap(Loss.init(putBackBy:)).uniqued()
        return losses.isEmpty && !steps.isEmpty ? [.other(title)] : losses
    }
}
