public import NATModel

/// One step of a plan.
public struct Step: Hashable, Sendable {
    /// One line for people: what it does and why.
    public var summary: String
    /// What it does.
    public var action: Action
    /// What takes it back; `nil` where there is nothing to take back.
    public var inverse: Action?
    /// Whether the plan goes on where it fails: there was nothing for it to do.
    public var mayFail: Bool

    /// A step that does this.
    public init(_ summary: String, _ action: Action, inverse: Action?, mayFail: Bool = false) {
        self.summary = summary
        self.action = action
        self.inverse = inverse
        self.mayFail = mayFail
    }

    /// A step that the opposite of its action takes back.
    init(_ summary: String, _ action: Action) {
        self.init(summary, action, inverse: action.opposite)
    }

    /// Something that is done to the box. A plan does nothing else to it.
    public enum Action: Hashable, Sendable {
        /// A policy rule or a route is added or deleted.
        case routing(RoutingChange)
        /// A MASQUERADE rule of ours is added: at this place of the chain, counted from 1, or at
        /// its end where the place is `nil`.
        case addMasquerade(Masquerade, position: Int?)
        /// A MASQUERADE rule of ours is deleted.
        case deleteMasquerade(Masquerade)
        /// A kernel parameter gets a value; its name is written with dots throughout.
        case setParameter(String, Int)
        /// Flows that are alive are ended.
        case endFlows(FlowSelection)
        /// Connections that are older than what remembers them are marked by the egress they leave
        /// by.
        case markConnections(FlowMarks)
        /// No connection has a mark in these bits any more.
        case forgetMarks(mask: UInt32)
        /// The gate becomes this one; `nil` takes it away.
        case setGate(Gate?)
        /// The map of the gate is changed.
        case steer(MapChange)
        /// A file gets these contents, as a whole.
        case write(path: String, contents: String)
        /// A file goes away.
        case remove(path: String)
        /// Something is changed in AWS.
        case cloud(CloudChange)
        /// The file of assignments keeps sources by other names, or in other ways.
        case keep(KeptChange)

        /// What takes it back by itself; `nil` where that depends on what was there before.
        var opposite: Action? {
            switch self {
            case .routing(let change): .routing(change.inverse)
            case .addMasquerade(let rule, _): .deleteMasquerade(rule)
            case .steer(let change): .steer(change.inverse)
            case .cloud(let change): .cloud(change.inverse)
            case .keep(let change): .keep(change.inverse)
            case .deleteMasquerade, .setParameter, .endFlows, .markConnections, .forgetMarks,
                .setGate, .write, .remove:
                nil
            }
        }

        /// The source that it steers another way; `nil` for what steers none.
        public var steered: IPv4Prefix? {
            switch self {
            case .routing(.addRule(let rule)), .routing(.deleteRule(let rule)):
                rule.isPass || rule.isClosing ? nil : rule.source
            case .steer(.entry(let source, _, _)): source
            default: nil
            }
        }
    }
}

/// A MASQUERADE rule of ours in the chain POSTROUTING: it gives what a source sends by an interface
/// that interface's address.
public struct Masquerade: Hashable, Sendable {
    /// The source network.
    public var source: IPv4Prefix
    /// The interface that packets leave by.
    public var interface: String
    /// The backend whose nat table holds it.
    public var backend: NATBackend
    /// The program that changes this table: `iptables-nft`, `iptables-legacy` or `iptables`.
    public var program: String

    /// A rule for this source and interface.
    public init(
        _ source: IPv4Prefix, leavingBy interface: String, in backend: NATBackend,
        program: String
    ) {
        self.source = source
        self.interface = interface
        self.backend = backend
        self.program = program
    }
}
