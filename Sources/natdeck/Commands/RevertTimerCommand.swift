import ArgumentParser
import Dispatch
import NATHost
import Synchronization

#if canImport(Glibc)
    import Glibc
#endif

/// The watch over a change that awaits its keep; natdeck starts it itself.
struct RevertTimerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "revert-timer", abstract: "Watch over a change.", shouldDisplay: false)

    @Argument var id: String

    func run() async throws {
        signal(SIGPIPE, SIG_IGN)
        let isTold = Atomic(false)
        let sources = [SIGTERM, SIGINT, SIGHUP].map { number in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number)
            source.setEventHandler { isTold.store(true, ordering: .relaxed) }
            source.activate()
            return source
        }
        defer { for source in sources { source.cancel() } }
        // Whoever started this waits for the end of its output.
        let nothing = open("/dev/null", O_RDWR)
        for descriptor in 0...2 { dup2(nothing, Int32(descriptor)) }
        let isSettled = await LocalBox.system().applier.watch(id) {
            isTold.load(ordering: .relaxed)
        }
        if !isSettled { throw ExitStatus.failed.code }
    }
}
