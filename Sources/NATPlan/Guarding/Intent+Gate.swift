extension Intent {
    /// That the gate goes away: nothing keeps hosts from an interface any more but rules and tables.
    public static var openGate: Intent {
        var options = AssignOptions(foreignRules: .leftAlone, cleansUp: false, closesOnly: true)
        options.gated = []
        return .arrange([], options: options)
    }
}
