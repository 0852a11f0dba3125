import NATModel

/// The step that ends connections which still know the old way out.
enum ConnectionStep {
    /// Deletes the translated flows of a source.
    ///
    /// MASQUERADE drops them by itself when the interface changes; behind SNAT they would keep the
    /// old address on the new interface and hang. Ending them makes clients connect anew at once.
    static func end(_ source: IPv4Prefix) -> Step { end(FlowSelection(source)) }

    /// Deletes these flows.
    static func end(_ selection: FlowSelection) -> Step {
        let which =
            (selection.seenAs.map { " that leave with \($0)" } ?? "")
            + (selection.unmarkedIn == nil ? "" : " that nothing remembers")
            + (selection.untranslatedBut == nil ? "" : " that nothing translates")
        return Step(
            "end the connections of \(selection.source)\(which), so that they start anew",
            .endFlows(selection),
            // There may be none, and a flow that is gone does not come back.
            inverse: nil, mayFail: true)
    }
}
