/// Which interfaces stand below others: what comes in by a bridge or a VLAN has come in by its port
/// or its parent before, and chains of a device are asked there too.
public struct LinkLayers: Sendable {
    private var ports: [String: [String]] = [:]
    private var parents: [String: String] = [:]
    private var bridges: Set<String> = []

    /// Nothing is known of any interface.
    public init() {}

    /// What these interfaces say of each other.
    public init(_ interfaces: [Interface]) {
        for interface in interfaces {
            if let master = interface.master { ports[master, default: []].append(interface.name) }
            if let parent = interface.parent { parents[interface.name] = parent }
            if interface.kind == "bridge" { bridges.insert(interface.name) }
        }
    }

    /// Whether what passes an interface passes a bridge; an interface that is not known may be one.
    func isBridge(_ name: String?) -> RuleMatch {
        guard let name else { return bridges.isEmpty ? .never : .sometimes }
        return bridges.contains(name) ? .always : .never
    }

    /// Whether what passes an interface passes one of these devices: itself, or one below it.
    func match(_ name: String?, _ devices: [InterfaceSelector.Pattern]) -> RuleMatch {
        guard let name else { return .sometimes }
        func isOne(_ name: String) -> Bool { devices.contains { $0.matches(name) } }
        if isOne(name) { return .always }
        let ports = ports[name] ?? []
        // Of several it is not known by which of them.
        if ports.contains(where: isOne) {
            return ports.count == 1 && bridges.contains(name) ? .always : .sometimes
        }
        // There packets have a tag, which rules may look at or pass over.
        return below(name).contains(where: isOne) ? .sometimes : .never
    }

    private func below(_ name: String) -> [String] {
        var found: [String] = []
        var waiting = [name]
        while let next = waiting.popLast() {
            let lower = (ports[next] ?? []) + [parents[next]].compactMap(\.self)
            for name in lower where !found.contains(name) {
                found.append(name)
                waiting.append(name)
            }
        }
        return found
    }
}
