import ArgumentParser
import Dispatch
import NATHost
import NATModel

#if canImport(Glibc)
    import Glibc
#endif

struct GuardCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "guard", abstract: "Keep the box as it was kept, until it is stopped.",
        discussion: """
            Applies the kept assignments, waits for interfaces that are not there yet, and puts \
            back what others delete. natdeck service install runs it at boot.

            Example: natdeck guard
            """)

    func run() async throws {
        guard geteuid() == 0 else {
            complain("natdeck guard: putting things back needs root", fix: "run it as root")
            throw ExitStatus.notPermitted.code
        }
        let keeper = Guard(.system(), files: SystemFiles()) { news in
            StandardStream.output.write("\(news)\n")
        }
        let sources = [SIGTERM, SIGINT, SIGHUP].map { number in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number)
            source.setEventHandler { Task { await keeper.stop() } }
            source.activate()
            return source
        }
        defer { for source in sources { source.cancel() } }
        do throws(FileLock.Refusal) {
            let notice = SystemdNotice()
            try await keeper.run(isClosed: { notice?.ready() }, pulse: { notice?.pulse() })
        } catch {
            switch error {
            case .held(let holder):
                complain(
                    "natdeck guard: another guard is running: \(holder)",
                    fix: "systemctl status natdeck, or stop that process")
            case .failed(let failure): complain("\(failure)", fix: failure.fix)
            }
            throw ExitStatus.failed.code
        }
    }
}
