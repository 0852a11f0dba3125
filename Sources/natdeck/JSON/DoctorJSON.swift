import NATDoctor

/// The contract of `natdeck doctor --json`: an array of checks, the worst first.
///
/// `fix` is what to type or to do, null where nothing is known to mend it; `mendable` tells whether
/// natdeck makes a plan for it.
struct DoctorJSON {
    let checks: [Check]

    /// Writes it, a line.
    func write(to stream: StandardStream) {
        var writer = JSONWriter { stream.write($0) }
        writer.array(checks) { writer, check in
            writer.object {
                $0.member("id", check.id)
                $0.member("title", check.title)
                $0.member("status", check.status.rawValue)
                $0.key("read")
                $0.array(check.findings) { $0.value($1) }
                $0.member("why", check.reason)
                $0.member("mendable", check.intent != nil)
                $0.member("fix", check.fix)
            }
        }
        writer.endLine()
    }
}
