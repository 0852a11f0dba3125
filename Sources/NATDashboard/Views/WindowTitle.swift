internal import NATModel

extension DashboardState {
    /// What the terminal's window is called: which box this is, and whether anything on it wants to be
    /// looked at. It is seen while another window is open.
    package var windowTitle: String {
        var title = "natdeck"
        if let hostName { title += " \(hostName)" }
        let exceptions = live.derived?.counts.values.reduce(0) { $0 + $1.exceptions } ?? 0
        if exceptions > 0 { title += "  ≠\(exceptions)" }
        let problems = live.problems.count
        if problems > 0 { title += "  !\(problems)" }
        if pendingActions.contains(.keep) { title += "  keep?" }
        return title
    }
}
