import NATModel

/// The step that ends connections which still know the old way out.
enum ConnectionStep {
    /// Deletes the translated flows of a source.
    ///
    /// MASQUERADE drops them by itself when the interface changes; behind SNAT they would keep the
    /// old address on the new interface and hang. Ending them makes clients connect anew at once.
    static func end(_ source: IPv4Prefix) -> Step {
        Step(
            "end the connections of \(source), so that they start anew",
            .endFlows(FlowSelection(source)),
            // There may be none, and a flow that is gone does not come back.
            inverse: nil, mayFail: true)
    }
}
