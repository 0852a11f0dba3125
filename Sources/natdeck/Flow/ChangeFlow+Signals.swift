#if canImport(Glibc)
    import Glibc
#endif

// What becomes of signals while a change is carried out.
extension ChangeFlow {
    /// A change is carried out or taken back, not left half done by Ctrl-C, by Ctrl-Z, or because
    /// the terminal or whoever reads is gone. A signal that asks for the end has it taken back.
    static func stoppable<Result: Sendable>(
        _ body: @escaping @Sendable () async -> Result
    ) async -> Result {
        let (isWatched, watches) = AsyncStream<Never>.makeStream()
        let task = Task {
            for await _ in isWatched {}
            return await body()
        }
        let stops = await SignalWatch([SIGINT, SIGTERM, SIGHUP, SIGQUIT]) { task.cancel() }
        let ignored = [SIGPIPE, SIGTSTP, SIGTTIN, SIGTTOU].map { ($0, signal($0, SIG_IGN)) }
        watches.finish()
        let outcome = await task.value
        stops.end()
        for (number, before) in ignored { _ = signal(number, before) }
        return outcome
    }

    /// What takes a moment is not interrupted at all.
    static func uninterrupted<Result>(_ body: () async -> Result) async -> Result {
        let signals = [
            SIGINT, SIGTERM, SIGHUP, SIGPIPE, SIGQUIT, SIGTSTP, SIGTTIN, SIGTTOU,
        ]
        let before = signals.map { signal($0, SIG_IGN) }
        let outcome = await body()
        for (number, handler) in zip(signals, before) { _ = signal(number, handler) }
        return outcome
    }
}
