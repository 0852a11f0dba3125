public import NATModel

extension Intent {
    /// What brings the box to the file of kept assignments: each source in it by its interface, and
    /// what natdeck assigned and the file does not name released.
    ///
    /// As long as it is not known what a name in the file stands for nothing is released: it may be
    /// just that.
    ///
    public static func arrange(
        _ saved: [SavedAssignment], on snapshot: Snapshot,
        options: AssignOptions = AssignOptions(foreignRules: .accepted)
    ) -> Intent {
        let names = Set(saved.map(\.source))
        let released =
            snapshot.knowsNames
            ? snapshot.ownSteered.filter { !names.contains($0) } : []
        return .arrange(
            saved.map { Arrangement($0.source, egress: $0.egress, name: $0.name) }
                + released.map { Arrangement($0, egress: nil) },
            options: options)
    }
}
