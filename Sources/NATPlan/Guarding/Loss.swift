public import NATModel

/// Something that was kept and is not so on the box any more.
public enum Loss: Hashable, Sendable, CustomStringConvertible {
    /// The rule that sends a source to its table.
    case rule(IPv4Prefix)
    /// The rule that keeps internal traffic internal.
    case internalRule
    /// The way out of a table by an interface.
    case route(table: Int, interface: String)
    /// The route that makes a table fail closed.
    case backstop(table: Int)
    /// Our MASQUERADE of a source on an interface, or the foreign rule that did its work.
    case masquerade(IPv4Prefix, interface: String)
    /// A kernel parameter.
    case parameter(String)
    /// Anything else, in the words of the plan that mends it.
    case other(String)

    /// What was lost where this step puts something back; `nil` for a step that ends or removes.
    public init?(putBackBy step: Step) {
        switch step.action {
        case .routing(.addRule(let rule)): self = rule.source.map(Loss.rule) ?? .internalRule
        case .routing(.addRoute(let route, let table)):
            self =
                route.isBackstop
                ? .backstop(table: table)
                : .route(table: table, interface: route.interface ?? "")
        case .addMasquerade(let rule, nil):
            self = .masquerade(rule.source, interface: rule.interface)
        case .setParameter(let name, _): self = .parameter(name)
        case .routing, .addMasquerade, .deleteMasquerade, .endConnections, .write, .remove:
            return nil
        }
    }

    /// The loss in a few words.
    public var description: String {
        switch self {
        case .rule(let source): "the rule of \(source)"
        case .internalRule: "the rule that keeps internal traffic internal"
        case .route(let table, let interface): "the way out by \(interface) in table \(table)"
        case .backstop(let table): "the backstop of table \(table)"
        case .masquerade(let source, let interface): "the NAT of \(source) on \(interface)"
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
