extension Snapshot {
    /// Whether every source goes the same way by both: whether they differ in nothing but flows,
    /// counters, who is logged in and when they were taken.
    ///
    /// Parts that nobody read anew share their memory, and cost nothing to be compared.
    public func leadsAlike(_ other: Snapshot) -> Bool {
        interfaces == other.interfaces && rules == other.rules && tables == other.tables
            && hasSameNAT(as: other) && forward == other.forward && markBits == other.markBits
            && sysctls == other.sysctls && cloud == other.cloud
            && publicAddressFile == other.publicAddressFile && probed == other.probed
            && neighbours == other.neighbours && saved == other.saved && names == other.names
            && gate == other.gate && environment == other.environment
            && isChanging == other.isChanging
    }

    /// Whether a change is pending.
    private var isChanging: Bool { (pending.value ?? nil) != nil }

    /// Whether the nat tables hold the same rules, their counters aside.
    public func hasSameNAT(as other: Snapshot) -> Bool {
        switch (nat, other.nat) {
        case (.value(let some), .value(let others)):
            some.count == others.count && zip(some, others).allSatisfy { $0.isSame(as: $1) }
        case (.failed(let some), .failed(let other)): some == other
        case (.value, .failed), (.failed, .value): false
        }
    }

    /// Whether a part is the same in both, or failed alike; of the nat tables, their counters aside.
    public func hasSame(_ part: SnapshotPart, as other: Snapshot) -> Bool {
        part == .nat ? hasSameNAT(as: other) : part.isSame(self, other)
    }
}

extension NATRuleSet {
    /// Whether it is the same table, counters aside.
    fileprivate func isSame(as other: NATRuleSet) -> Bool {
        label == other.label && backend == other.backend && isDormant == other.isDormant
            && chains.count == other.chains.count
            && zip(chains, other.chains).allSatisfy { $0.isSame(as: $1) }
    }
}

extension NATChain {
    fileprivate func isSame(as other: NATChain) -> Bool {
        name == other.name && policy == other.policy && base == other.base
            && rules.count == other.rules.count
            && zip(rules, other.rules).allSatisfy { $0.isSame(as: $1) }
    }
}

extension NATRule {
    /// Whether it is the same rule, counters aside. What tells most rules apart comes first.
    public func isSame(as other: NATRule) -> Bool {
        source == other.source && output == other.output && destination == other.destination
            && target == other.target && extra == other.extra && proto == other.proto
            && input == other.input && options == other.options
    }
}

extension BoxFacts {
    /// What follows from a snapshot that leads alike: all but what its flows say is the same.
    public func following(_ snapshot: Snapshot) -> BoxFacts {
        var facts = self
        facts.snapshot = snapshot
        return facts
    }
}
