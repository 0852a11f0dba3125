public import NATModel

extension Planner {
    /// The parts of the box that a plan for this depends on.
    ///
    /// The cloud is none of them where the intent can do without: it may take a second to say
    /// nothing. ``needsCloud(for:on:)`` tells whether it must be asked after all.
    public static func parts(for intent: Intent) -> Set<SnapshotPart> {
        // Counters are for people: nothing hangs on them.
        var parts = SnapshotPart.routine.subtracting([.counters, .conntrack, .cloud])
        // The cloud alone tells the networks to masquerade.
        if case .setup(let options) = intent, options.sources.isEmpty { parts.insert(.cloud) }
        if changesCloud(intent) { parts.formUnion([.cloud, .cloudSetup]) }
        return parts
    }

    /// Whether a plan for this is made from flows, so that they are read again before it is carried
    /// out: the others only tell of them.
    public static func needsFlows(for intent: Intent) -> Bool {
        switch intent {
        // What connections go by stays for as long as there are any.
        case .cut, .release, .undo: true
        // Names are released so.
        case .arrange(let arrangements, _): arrangements.allSatisfy { $0.egress == nil }
        case .assign, .setup, .mend, .removeAll: false
        }
    }

    /// Whether a plan for this can mostly be made without flows, as ``needsFlows(for:on:)`` tells: they
    /// tell it nothing but which hosts there are that it does not name.
    public static func mayDoWithoutFlows(_ intent: Intent) -> Bool {
        switch intent {
        case .assign, .arrange, .release: true
        case .setup, .mend, .undo, .removeAll, .cut: false
        }
    }

    /// Whether flows tell what is left once a source is released: on a box that is set up it stays,
    /// whatever connections there are.
    public static func needsFlows(for intent: Intent, on snapshot: Snapshot) -> Bool {
        guard needsFlows(for: intent), snapshot.steeringMethod != .map else { return false }
        return !SysctlFile.isOfSetup(snapshot.sysctlFile.value ?? nil)
    }

    /// Whether an intent may change what AWS is set up to do. The guard's own preparation, which names
    /// its interfaces, does not.
    private static func changesCloud(_ intent: Intent) -> Bool {
        switch intent {
        case .setup(let options): options.interfaces.isEmpty
        case .mend(.cloud): true
        case .undo(let undoing):
            undoing.steps.contains { if case .cloud = $0.action { true } else { false } }
        case .assign, .release, .arrange, .mend, .removeAll, .cut: false
        }
    }

    /// Whether the cloud must be asked for a gateway: no route tells that of an interface which
    /// this is about.
    public static func needsCloud(for intent: Intent, on snapshot: Snapshot) -> Bool {
        guard snapshot.cloud.failure == .unread else { return false }
        let wanted: Set<String>?
        switch intent {
        case .assign(_, let egress, let options):
            wanted = options.gateway == nil ? [egress.interface] : []
        case .arrange(let arrangements, let options):
            wanted = options.gateway == nil ? Set(arrangements.compactMap(\.egress?.interface)) : []
        case .setup(let options):
            wanted = options.interfaces.isEmpty ? nil : Set(options.interfaces)
        case .undo(let undoing):
            wanted =
                undoing.isArrangement == true
                ? Set(undoing.ways.compactMap(\.egress?.interface)) : []
        case .release, .mend, .cut, .removeAll: wanted = []
        }
        if wanted?.isEmpty == true { return false }
        guard let interfaces = snapshot.interfaces.value, let tables = snapshot.tables.value else {
            return false
        }
        var known: Set<String> = []
        for route in tables.lazy.flatMap(\.routes)
        where route.destination == .all && route.type == "unicast" {
            if route.nextHop != nil, let name = route.interface { known.insert(name) }
            for hop in route.hops where hop.nextHop != nil { known.insert(hop.interface) }
        }
        return interfaces.contains { interface in
            !interface.isLoopback && wanted?.contains(interface.name) != false
                && !known.contains(interface.name)
        }
    }
}
