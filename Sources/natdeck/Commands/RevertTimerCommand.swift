import ArgumentParser
import NATHost
import Synchronization

#if canImport(Glibc)
    import Glibc
#endif

/// The watch over a change that awaits its keep; natdeck starts it itself.
struct RevertTimerCommand: LongCommand {
    static let configuration = CommandConfiguration(
        commandName: "revert-timer", abstract: "Watch over a change.", shouldDisplay: false)

    @Argument var id: String

    /// Whether its end was asked for. A handler of signals reaches nothing but what is global.
    private static let isTold = Atomic(false)

    func run() async throws {
        signal(SIGPIPE, SIG_IGN)
        // It takes the change back whatever happens: a signal only has it do so at once.
        _ = Self.isTold.load(ordering: .relaxed)
        for number in [SIGTERM, SIGINT, SIGHUP] {
            signal(number) { _ in RevertTimerCommand.isTold.store(true, ordering: .relaxed) }
        }
        // Whoever started this waits for the end of its output.
        let nothing = open("/dev/null", O_RDWR)
        for descriptor in 0...2 { dup2(nothing, Int32(descriptor)) }
        let isSettled = await LocalBox.system().applier.watch(id) {
            Self.isTold.load(ordering: .relaxed)
        }
        if !isSettled { throw ExitStatus.failed.code }
    }
}
