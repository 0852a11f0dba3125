import NATModel

// How connections keep their egress while their source moves.
extension ArrangePlan {
    /// How connections keep the egress they began with.
    struct Keeping {
        /// What it takes; `nil` where the kernel cannot do it, or nobody needs it.
        var connections: KeptConnections?
        /// What takes away by what connections kept their egress, where no source is left and none of
        /// them lives; the tables go with the rest that nothing needs.
        var removal: [Step] = []
        /// Whether no connection ends.
        var keepsAll = false
        /// The bits by which connections are remembered that go on although others of their source
        /// end; `nil` where all of them do.
        var remembered: UInt32?
        /// What marks connections that began while nothing looked at them, where others of them end.
        var caughtUp: [Step] = []
        /// What to say of it.
        var warnings: [String] = []
    }

    func keeping(
        _ draft: inout ArrangeDraft, _ arrangements: [Arrangement], _ arranged: Snapshot,
        isMany: Bool
    ) throws(PlanRefusal) -> Keeping {
        let moving = (draft.sources.filter(draft.changed.contains) + draft.released).uniqued()
        let present: Gate?
        switch box.snapshot.gate {
        case .value(let gate): present = gate
        case .failed(let failure):
            // Nobody is told each second what the guard cannot do; it says that of its own.
            let warns = !moving.isEmpty && options.gated == nil && failure != .unread
            return Keeping(warnings: warns ? [Self.end(moving, failure.reason)] : [])
        }
        let isGuard = options.gated != nil
        guard
            !moving.isEmpty || isGuard && !arrangements.isEmpty
                || box.rules.contains(where: \.isMark)
                || box.method == .map && box.snapshot.map == nil
        else { return Keeping() }
        if !isGuard, !box.isSetUp, box.method == .rule, arranged.ruleSteered.isEmpty,
            !draft.leavesMapped, !box.mayKeepConnections(of: moving)
        {
            return Keeping(removal: box.rules.filter(\.isMark).map(Steering.forget), keepsAll: true)
        }
        guard let mask = box.markMask else {
            return Keeping(
                warnings: isGuard
                    ? [] : [Self.end(moving, "every bit of the marks is somebody else's")])
        }
        // What was lost may have let connections begin by a wrong egress: they do not stay there.
        let isWhole = !isGuard || present?.marks != nil
        var keeping = Keeping(keepsAll: isWhole && !options.cuts)
        // Connections outlive the table with their marks, and the rules tell what those mean.
        if !isWhole, box.rules.contains(where: \.isMark) { keeping.remembered = mask }
        if keeping.keepsAll {
            for refusal in draft.keepWays(of: moving) {
                keeping.keepsAll = false
                keeping.warnings.append(Self.end(moving, "\(refusal.object): \(refusal.reason)"))
            }
        }
        // First packets do not come twice.
        let isLate = box.looksOnce && present?.marks == nil && box.rules.contains(where: \.isMark)
        let missed = isLate && !options.cuts ? (arranged.ruleSteered + draft.sources) : []
        // What began by a wrong egress is not to stay there.
        let marked = isWhole && !options.closesOnly ? markedByTable(draft) : nil
        let connections = try KeptConnections(
            box, mask: mask,
            tables: draft.tables.filter { box.table($0.key)?.isOwned ?? true },
            sources: Set(arranged.ruleSteered),
            moving: keeping.keepsAll ? (moving + missed).uniqued() : [],
            mapped: marked, isMapped: draft.leavesMapped, isMany: isMany,
            parameters: options.closesOnly ? .left : isGuard ? .now : .kept)
        if !keeping.keepsAll {
            keeping.caughtUp = KeptConnections.older(
                connections.marks, missed.uniqued(), marked ?? [], box)
        }
        keeping.connections = connections
        return keeping
    }

    /// What ends, of what would where nothing kept connections.
    func ends(_ draft: ArrangeDraft, _ keeping: Keeping) -> [Step] {
        if keeping.keepsAll { return [] }
        return draft.ends.map { step in
            guard let mask = keeping.remembered, case .endFlows(var selection) = step.action else {
                return step
            }
            selection.unmarkedIn = mask
            return ConnectionStep.end(selection)
        }
    }

    /// The sources whose older connections natdeck's table marks: those the map steers, or does until
    /// they are released.
    private func markedByTable(_ draft: ArrangeDraft) -> Set<IPv4Prefix> {
        if !box.marksLate { return [] }
        let released = Set(draft.released)
        let steered = draft.entries.compactMap { change -> IPv4Prefix? in
            guard case .entry(let source, let before, let number) = change else { return nil }
            let wanted = number ?? (released.contains(source) ? before : nil)
            return wanted ?? SourceMap.free == SourceMap.free ? nil : source
        }
        return Set(steered)
    }

    private static func end(_ sources: [IPv4Prefix], _ reason: String) -> String {
        "the connections of \(list(sources)) end: \(reason)"
    }
}
