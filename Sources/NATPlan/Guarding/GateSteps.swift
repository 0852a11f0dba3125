import NATModel

/// The steps that keep the gate to what is kept.
struct GateSteps {
    let box: Box
    let options: AssignOptions

    /// - Parameters:
    ///   - arrangements: what the plan is about. An operator's plan opens the gate for its sources;
    ///     once it is kept, the guard closes it around their new interface.
    ///   - marks: how connections keep their egress; `nil` where that stays as it is.
    ///   - map: what marks packets by their source; `nil` where nothing is to.
    func steps(
        _ arrangements: [Arrangement], marks: ConnectionMarks?, map: SourceMap?
    ) throws(PlanRefusal) -> [Step] {
        guard case .value(let present) = box.snapshot.gate else { return [] }
        var wanted = Gate()
        if let gated = options.gated {
            wanted = try gate(for: gated)
        } else if let present {
            wanted = present.without(Set(arrangements.map(\.source)))
        }
        wanted.isOfAnotherShape = false
        wanted.marks = remembering(marks, arrangements, present?.marks)
        wanted.map = wanted.marks == nil ? nil : map
        wanted.addresses = addresses(arrangements, present, keepsOld: true)
        // What is internal by now counts for all.
        if marks != nil || wanted.addresses != nil {
            wanted.internals = try InternalDestinations(box).prefixes
        }
        let gate = wanted.isEmpty ? nil : wanted
        guard gate != present else { return [] }
        return [Step(summary(of: gate, present), .setGate(gate), inverse: .setGate(present))]
    }

    /// How connections are remembered for as long as the steps are taken: those of a source that is
    /// released until no rule sends it, since one that nothing remembers would go another way in the
    /// middle.
    private func remembering(
        _ marks: ConnectionMarks?, _ arrangements: [Arrangement], _ present: ConnectionMarks?
    ) -> ConnectionMarks? {
        guard var marks, let present else { return marks ?? present }
        let named = Set(arrangements.map(\.source))
        let old = present.sources.filter(named.contains)
        marks.sources = Set(marks.sources).union(old).sorted()
        return marks
    }

    /// What is done to the gate last: sources that leave another way by then keep the address they had
    /// until they do, their own or that of a network, their connections are remembered until then, and
    /// a map stays until it steers nothing where rules are the method.
    ///
    /// - Parameters:
    ///   - steps: all that is done before.
    ///   - marks: how connections keep their egress then; `nil` where that stays as it is.
    ///   - forgets: whether no connection keeps its egress any more.
    func after(
        _ steps: [Step], _ arrangements: [Arrangement], marks: ConnectionMarks?, forgets: Bool
    ) -> [Step] {
        guard case .value(let present) = box.snapshot.gate,
            case .value(let gate?) = box.snapshot.applying(steps).gate
        else { return [] }
        var wanted = gate
        var summary: String?
        if present?.addresses != nil, case let last = addresses(arrangements, present),
            last != gate.addresses
        {
            wanted.addresses = last
            summary = "give no address to what leaves otherwise by now"
        }
        if let marks, let sources = gate.marks?.sources, sources != marks.sources {
            wanted.marks?.sources = marks.sources
            let gone = Set(sources).subtracting(marks.sources).sorted()
            summary =
                summary ?? "remember no more by which egress connections of \(list(gone)) begin"
        }
        if box.method == .rule, gate.map?.count == 0 {
            wanted.map = nil
            summary = summary ?? "let no map steer sources any more"
        }
        if forgets {
            (wanted.marks, wanted.map) = (nil, nil)
            summary = summary ?? self.summary(of: wanted)
        }
        guard let summary, wanted != gate else { return [] }
        return [
            Step(
                summary, .setGate(wanted.isEmpty ? nil : wanted), inverse: .setGate(gate))
        ]
    }

    /// The addresses that sources have on an interface which they are to leave no longer.
    private func olds(
        _ arrangements: [Arrangement], _ present: GivenAddresses
    ) -> [IPv4Prefix: Egress] {
        let given = present.egresses
        var olds: [IPv4Prefix: Egress] = [:]
        for arrangement in arrangements {
            if let old = given[arrangement.source],
                old.interface != arrangement.egress?.interface
            {
                olds[arrangement.source] = old
            }
        }
        return olds
    }

    /// Which sources leave with which addresses once the plan is carried out; `nil` for none.
    ///
    /// - Parameter keepsOld: whether those that move keep what they had, where they had it.
    private func addresses(
        _ arrangements: [Arrangement], _ present: Gate?, keepsOld: Bool
    ) -> GivenAddresses? {
        let last = addresses(arrangements, present)
        guard keepsOld, let present = present?.addresses else { return last }
        let olds = olds(arrangements, present)
        let released = Set(arrangements.filter { $0.egress == nil }.map(\.source))
        let wanted = last ?? GivenAddresses(priority: box.priorityBeforeOthers, entries: [])
        let first = wanted.keeping(
            present, of: { olds[$0] == $1 },
            plain: Self.plain(wanted.plain, in: present, released: released))
        return first.entries.isEmpty ? last : first
    }

    /// Which sources leave with whichever address other NAT gives them until the plan is carried out:
    /// those of them that did before, or that no network gives one.
    private static func plain(
        _ wanted: [IPv4Prefix], in present: GivenAddresses, released: Set<IPv4Prefix>
    ) -> [IPv4Prefix] {
        let before = Set(present.plain)
        let networks = SourceSet(present.entries.flatMap(\.sources).filter { $0.length < 32 })
        let kept = wanted.filter { source in
            before.contains(source)
                || networks.holding(source.network).allSatisfy { $0.length >= source.length }
        }
        return Set(kept).union(before.subtracting(released)).sorted()
    }

    private func addresses(_ arrangements: [Arrangement], _ present: Gate?) -> GivenAddresses? {
        var egresses: [IPv4Prefix: Egress] = [:]
        if options.gated == nil {
            egresses = present?.addresses?.egresses ?? lostAddresses
            for arrangement in arrangements { egresses[arrangement.source] = arrangement.egress }
        } else {
            for kept in options.gated ?? [] {
                guard let egress = kept.egress, box.mayLeave(kept.source),
                    !egress.interface.isEmpty
                else { continue }
                egresses[kept.source] = egress
            }
            // What somebody is about to keep goes on as it is.
            let held = present?.addresses?.egresses ?? [:]
            for kept in options.gated ?? [] where kept.egress == nil {
                egresses[kept.source] = held[kept.source]
            }
        }
        let others = egresses.filter(\.value.addresses.isEmpty).map(\.key)
        egresses = egresses.filter { !$0.value.addresses.isEmpty }
        guard !egresses.isEmpty else { return nil }
        let entries = Dictionary(grouping: egresses.keys.sorted()) { egresses[$0] ?? "" }
            .sorted { $0.key.description < $1.key.description }.map { egress, sources in
                GivenAddresses.Entry(egress, sources: sources)
            }
        let wide = Set(egresses.keys.filter { $0.length < 32 })
        let lengths = Set(wide.map(\.length))
        let steered = box.snapshot.steerings.map(\.source)
        let released = arrangements.filter { $0.egress == nil }.map(\.source)
        let plain = Set(others + steered).subtracting(released).filter { source in
            egresses[source] == nil
                && lengths.contains {
                    $0 < source.length && wide.contains(IPv4Prefix(source.network, length: $0))
                }
        }
        return GivenAddresses(
            priority: box.priorityBeforeOthers, entries: entries, plain: plain.sorted())
    }

    /// What was given before the table was lost, as far as the file of assignments tells it.
    private var lostAddresses: [IPv4Prefix: Egress] {
        let saved = (box.snapshot.saved.value ?? nil) ?? []
        let given = saved.filter { !$0.egress.addresses.isEmpty }
        if given.isEmpty { return [:] }
        let steered = Set(box.snapshot.ownSteered)
        return Dictionary(
            given.filter { steered.contains($0.source) }.map { ($0.source, $0.egress) },
            uniquingKeysWith: { first, _ in first })
    }

    private func summary(of gate: Gate?, _ present: Gate?) -> String {
        var before = present
        before?.isOfAnotherShape = false
        if gate != nil, present?.isOfAnotherShape == true {
            let anew = "make natdeck's nft table anew, which another version of it has made"
            return before == gate ? anew : "\(anew); \(self.summary(of: gate, before))"
        }
        let summary = summary(of: gate)
        guard gate?.addresses != present?.addresses else { return summary }
        let egresses = gate?.addresses?.egresses ?? [:]
        let others = present?.addresses?.egresses ?? [:]
        let given = egresses.filter { others[$0.key] != $0.value }.keys.sorted()
        let words = Set(given.compactMap { egresses[$0]?.words })
        let what =
            given.isEmpty
            ? "give sources their addresses as they are by now"
            : words.count == 1
                ? "have \(list(given)) leave by \(words.first ?? "")"
                : "give \(given.count) sources their addresses"
        // Nothing else may be left to do.
        guard let gate, gate.keeps || gate.marks != nil else {
            return gate == nil ? summary : what
        }
        return gate.addresses == nil ? summary : "\(what); \(summary)"
    }

    private func summary(of gate: Gate?) -> String {
        let count = gate?.entries.reduce(0) { $0 + $1.sources.count } ?? 0
        let keeps = "let \(count) source\(count == 1 ? "" : "s") leave by no other interface"
        guard gate?.marks == nil else {
            return (count == 0 ? "" : keeps + ", and ")
                + "remember by which egress connections begin"
        }
        return count == 0 ? "let nothing keep hosts from an interface any more" : keeps
    }

    private func gate(for kept: [Arrangement]) throws(PlanRefusal) -> Gate {
        var sources: [String: [IPv4Prefix]] = [:]
        var free: Set<IPv4Prefix> = []
        var given: Set<IPv4Prefix> = []
        for arrangement in kept {
            guard let egress = arrangement.egress else {
                free.insert(arrangement.source)
                continue
            }
            guard box.mayLeave(arrangement.source) else { continue }
            // An address that nobody knows yet, as early at boot, stands for an interface that is not
            // there: its host is closed until it is known which one has it.
            let interface =
                egress.interface.isEmpty
                ? egress.addresses.first?.description ?? "" : egress.interface
            sources[interface, default: []].append(arrangement.source)
            if !egress.addresses.isEmpty { given.insert(arrangement.source) }
        }
        guard !sources.isEmpty else { return Gate() }
        let entries = sources.sorted { $0.key < $1.key }.map { egress, sources in
            Gate.Entry(
                egress: egress, sources: sources.sorted(),
                translated: Set(
                    sources.filter { given.contains($0) || isTranslated($0, egress) }))
        }
        var gate = Gate(entries: entries, internals: try InternalDestinations(box).prefixes)
        gate.free = gate.exceptions(free)
        return gate
    }

    /// Whether a source never leaves with the address it has. One that a rule of the operator keeps
    /// from being translated does.
    private func isTranslated(_ source: IPv4Prefix, _ egress: String) -> Bool {
        let packet = ForwardedPacket(
            source: source, input: box.facts.input(of: source), output: egress)
        return box.facts.filters.nat(packet)?.exemption == nil
    }
}

extension Box {
    /// Whether a source can be assigned. A line that names no host is for a person to mend, and
    /// refused where it is planned.
    fileprivate func mayLeave(_ source: IPv4Prefix) -> Bool {
        do throws(PlanRefusal) { try check(source) } catch { return false }
        return true
    }

    /// The place of a chain that is asked before all that translate sources by now.
    fileprivate var priorityBeforeOthers: Int {
        let others = nat.filter { $0.table != Ownership.nftTable }.flatMap(\.chains)
            .compactMap(\.base).filter { $0.hook == "postrouting" }.map(\.priority)
        return max(
            GivenAddresses.earliestPriority,
            min(GivenAddresses.usualPriority, (others.min() ?? 100) - 1))
    }
}
