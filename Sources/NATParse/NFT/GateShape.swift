import NATModel

/// What natdeck's table consists of, and how a table of one shape becomes one of another.
struct GateShape {
    var chains: [ChainMessage] = []
    var sets: [GateSet]
    var rules: [ChainMessage]

    init(_ gate: Gate) {
        let marks = gate.marks.map { MarkChains(marks: $0, map: gate.map) }
        let maps = gate.keeps ? gate.lengths : []
        sets = [
            GateSet(name: "internal", content: .ranges(AddressRanges.of(gate.internals)))
        ]
        if gate.keeps {
            sets.append(GateSet(name: "translated", content: .ranges(gate.translated)))
            chains += gate.entries.indices.map {
                GateRequest.chain(GateRequest.name(ofEgress: $0))
            }
            chains += marks?.keepingChains ?? []
            // NF_INET_FORWARD before iptables, NF_INET_POST_ROUTING after its NAT.
            chains.append(GateRequest.chain("forward", hook: 2, priority: -5))
            chains.append(GateRequest.chain("private", hook: 4, priority: 150))
        }
        chains += marks?.chains ?? []
        let given = gate.addresses.map(AddressChains.init)
        chains += given?.chains ?? []
        sets += marks?.sets ?? []
        sets += maps.map { map in
            GateSet(
                name: GateRequest.name(ofMap: map.length),
                content: .verdicts(
                    map.sources.map { source, number in
                        GateSet.Verdict(
                            network: source,
                            decision: number.map {
                                .jump(chain: GateRequest.name(ofEgress: $0))
                            }
                                ?? .accept)
                    }, length: map.length))
        }
        sets += given?.sets ?? []
        rules = (marks?.rules ?? []) + (given?.rules ?? [])
        if gate.keeps { rules += GateRequest.rules(keeping: gate, maps, marks) }
    }

    /// All messages that make it.
    var messages: [[UInt8]] {
        chains.map(\.bytes)
            + sets.enumerated().flatMap { number, set in
                set.messages(number: UInt32(number + 1))
            } + rules.map(\.bytes)
    }
}

extension GateShape {
    /// How a standing table of another shape becomes this one without a packet that sees neither.
    ///
    /// A chain at a hook stands all the time: where one goes and another one comes, the kernel may ask
    /// the new one before the change and the old one after it, and finds both empty. What is new is
    /// made before anything leads to it, and what nothing leads to any more goes last: the rules of
    /// one state may look into sets and chains of the other for a moment.
    struct Change {
        /// Chains and sets that nothing leads to yet, whole.
        var making: [[UInt8]] = []
        /// What leads to them, in one transaction.
        var switching: [[UInt8]] = []
        /// Chains and sets that nothing leads to any more.
        var tidying: [[UInt8]] = []
        /// By how much the number changes that ``NFTFingerprintReply`` makes of the table; `nil` where
        /// that has to be asked.
        var fingerprint: UInt64? = 0
    }

    /// The change from a shape; `nil` where a chain would have to be replaced.
    func change(from before: GateShape) -> Change? {
        let old = Self.byName(before.chains)
        guard chains.allSatisfy({ old[$0.chain] == nil || old[$0.chain] == [$0.bytes] }) else {
            return nil
        }
        let wanted = Set(chains.map(\.chain))
        let (oldRules, newRules) = (Self.byName(before.rules), Self.byName(rules))
        var change = Change()
        guard changeSets(from: before, &change) else { return nil }
        let new = Set(wanted.subtracting(old.keys))
        // A chain at a hook is asked as soon as it is there.
        let isBase = { (chain: ChainMessage) in chain.isBase }
        change.making.insert(
            contentsOf: chains.filter { new.contains($0.chain) && !isBase($0) }.map(\.bytes), at: 0)
        let bases = Set(chains.filter(isBase).map(\.chain))
        change.making += rules.filter { new.contains($0.chain) && !bases.contains($0.chain) }
            .map(\.bytes)
        let refilled = Set(
            before.chains.map(\.chain).filter { oldRules[$0] ?? [] != newRules[$0] ?? [] })
        let goingBases = before.chains.filter { !wanted.contains($0.chain) && isBase($0) }
        var switching = before.chains.map(\.chain).filter { name in
            refilled.contains(name) && oldRules[name] != nil
                && (wanted.contains(name) || goingBases.contains { $0.chain == name })
        }.map(GateRequest.flush)
        switching += chains.filter { new.contains($0.chain) && isBase($0) }.map(\.bytes)
        switching += change.switching
        switching += rules.filter { rule in
            refilled.contains(rule.chain) || new.contains(rule.chain) && bases.contains(rule.chain)
        }.map(\.bytes)
        change.switching = switching
        // Sets may lead to chains, and rules of chains look into sets.
        let going = before.chains.map(\.chain).filter { !wanted.contains($0) }
        change.tidying =
            going.filter { name in
                oldRules[name] != nil && !goingBases.contains { $0.chain == name }
            }.map(GateRequest.flush) + change.tidying + going.map(GateRequest.delete(chain:))
        if !refilled.isEmpty || !new.isEmpty || !going.isEmpty { change.fingerprint = nil }
        return change
    }

    /// Adds what becomes of the sets; tells whether that can be done.
    private func changeSets(from before: GateShape, _ change: inout Change) -> Bool {
        let old = Dictionary(before.sets.map { ($0.name, $0) }, uniquingKeysWith: { one, _ in one })
        let wanted = Set(sets.map(\.name))
        for (number, set) in sets.enumerated() {
            guard let present = old[set.name] else {
                change.making += set.messages(number: UInt32(number + 1))
                change.fingerprint = nil
                continue
            }
            guard let difference = set.difference(from: present) else { return false }
            change.switching += difference.deletions
            // What is free comes last: the rules that mark hosts stand by then.
            if set.name == SourceMap.covered, difference.deletions.isEmpty {
                change.tidying += difference.additions
            } else {
                change.switching += difference.additions
            }
            change.fingerprint = difference.fingerprint.flatMap { part in
                change.fingerprint.map { $0 &+ part }
            }
        }
        let left = before.sets.map(\.name).filter { !wanted.contains($0) }
        change.tidying += left.map(GateRequest.delete(set:))
        if !left.isEmpty { change.fingerprint = nil }
        return true
    }

    private static func byName(_ messages: [ChainMessage]) -> [String: [[UInt8]]] {
        Dictionary(grouping: messages, by: \.chain).mapValues { $0.map(\.bytes) }
    }
}

/// A message about a chain: what makes it, or one of its rules.
struct ChainMessage: Hashable {
    /// The name of the chain.
    let chain: String
    /// The message.
    let bytes: [UInt8]
    /// Whether it makes a chain that the kernel asks at a hook.
    var isBase = false
}

extension Gate {
    /// The sources of one prefix length.
    struct Length {
        let length: Int
        /// In ascending order, each once, with the place of its entry; `nil` for one that is free.
        let sources: [(source: IPv4Prefix, entry: Int?)]
    }

    /// The addresses that never leave with the address they have.
    fileprivate var translated: [ClosedRange<UInt32>] {
        AddressRanges.of(
            entries.flatMap { entry in
                entry.sources.map { ($0, entry.translated.contains($0)) }
            } + free.map { ($0, false) })
    }

    /// All sources, the narrowest first: they decide.
    fileprivate var lengths: [Length] {
        var entryOf: [IPv4Prefix: Int?] = [:]
        for (number, entry) in entries.enumerated() {
            for source in entry.sources { entryOf[source] = entryOf[source] ?? number }
        }
        for source in free { entryOf[source] = .some(nil) }
        return Dictionary(grouping: entryOf.sorted { $0.key < $1.key }) { $0.key.length }
            .sorted { $0.key > $1.key }
            .map { length, sources in
                Length(length: length, sources: sources.map { ($0.key, $0.value) })
            }
    }
}
