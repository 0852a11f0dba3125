import NATModel

/// Reads the policy rules from the kernel.
struct RulesReader: PartReader {
    let routing: any RoutingSource
    let part = SnapshotPart.rules

    func read(into snapshot: inout Snapshot) async { snapshot.rules = await routing.rules() }
}
