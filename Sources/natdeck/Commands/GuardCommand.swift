import ArgumentParser
import NATHost
import NATModel

#if canImport(Glibc)
    import Glibc
#endif

struct GuardCommand: LongCommand {
    static let configuration = CommandConfiguration(
        commandName: "guard", abstract: "Keep the box as it was kept, until it is stopped.",
        discussion: """
            Applies the kept assignments, waits for interfaces that are not there yet, and puts \
            back what others delete. natdeck service install runs it at boot.

            Example: natdeck guard
            """)

    @Option(
        help: ArgumentHelp(
            "How often it is asked what names in the file stand for; unless said every 30 s, or so"
                + " seldom that it takes 0.4 % of a core.", valueName: "seconds"))
    var refresh: Int?

    @OptionGroup var metadata: MetadataOptions

    @OptionGroup var following: FollowingOptions

    func validate() throws { try Self.check(refresh: refresh) }

    static func check(refresh: Int?) throws {
        if let refresh, !(1...86_400).contains(refresh) {
            throw ValidationError("--refresh \(refresh): from 1 to 86400 seconds")
        }
    }

    func run() async throws {
        guard geteuid() == 0 else {
            complain("natdeck guard: putting things back needs root", fix: "run it as root")
            throw ExitStatus.notPermitted.code
        }
        let names = Guard.Following(seconds: refresh, mostHosts: following.atMost)
        let keeper = Guard(metadata.box, files: SystemFiles(), following: names) { news in
            StandardStream.output.write("\(news)\n")
        }
        // One that comes before ends the program, which has begun nothing.
        let stops = await SignalWatch([SIGTERM, SIGINT, SIGHUP]) { Task { await keeper.stop() } }
        defer { stops.end() }
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
