import ArgumentParser
import NATHost
import NATModel
import NATPlan

#if canImport(Glibc)
    import Glibc
#endif

struct ServiceCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "service", abstract: "Run the guard at boot, or no more.",
        discussion: "Example: natdeck service install --dry-run",
        subcommands: [Install.self, Remove.self])

    struct Install: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "install", abstract: "Write the systemd unit, and start it.",
            discussion: "Example: natdeck service install --dry-run")

        @OptionGroup var options: ServiceOptions

        func run() async throws {
            let unit = ServiceUnit.system()
            if let failure = unit.untrustedProgram {
                complain("\(failure)", fix: failure.fix)
                throw ExitStatus.refused.code
            }
            try await options.take(unit.install(), of: unit, done: "the guard runs now and at boot")
        }
    }

    struct Remove: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "remove", abstract: "Stop the guard and remove its systemd unit.",
            discussion: "Example: natdeck service remove")

        @OptionGroup var options: ServiceOptions

        func run() async throws {
            let unit = ServiceUnit.system()
            try await options.take(unit.remove(), of: unit, done: "the guard is gone")
        }
    }
}

struct ServiceOptions: ParsableArguments {
    @Flag(help: "Show what would be done and touch nothing.")
    var dryRun = false

    @Flag(help: "Do not ask.")
    var yes = false

    func take(_ steps: [InstallationStep], of unit: ServiceUnit, done: String) async throws {
        await PendingFlow.tellUnfinished(.system())
        guard !steps.isEmpty else {
            StandardStream.output.write("\(ServiceUnit.path): nothing to do\n")
            return
        }
        let list = zip(1..., steps).map { "\($0). \($1.summary)\n   \($1.action)\n" }.joined()
        if dryRun { return StandardStream.output.write(list) }
        guard geteuid() == 0 else {
            complain("\(ServiceUnit.path): changing it needs root", fix: "run it as root")
            throw ExitStatus.notPermitted.code
        }
        if !yes { try ChangeFlow.ask(list, about: ServiceUnit.path) }
        if let failure = await unit.take(steps) {
            complain("\(failure)", fix: "natdeck service remove takes back what was done")
            throw ExitStatus.failed.code
        }
        if unit.isSystemdRunning {
            StandardStream.output.write("\(done)\n")
        } else {
            StandardStream.output.write(
                "\(ServiceUnit.path): done; systemd does not run here, so nothing was started or"
                    + " stopped (natdeck guard runs by hand)\n")
        }
    }
}
