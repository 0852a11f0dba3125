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

        @Option(
            help: ArgumentHelp(
                "How often the guard asks what names in the file stand for, as guard takes it.",
                valueName: "seconds"))
        var refresh: Int?

        @Option(
            help: ArgumentHelp(
                "The most hosts that a name may stand for, 256 unless said.", valueName: "hosts"))
        var atMost: Int?

        @OptionGroup var metadata: MetadataOptions

        @OptionGroup var options: ServiceOptions

        func validate() throws {
            try GuardCommand.check(refresh: refresh)
            if let atMost, atMost < 1 { throw ValidationError("--at-most \(atMost): at least 1") }
        }

        func run() async throws {
            let unit = ServiceUnit.system(
                guarding: [("--refresh", refresh), ("--at-most", atMost)].compactMap {
                    name, value in
                    value.map { "\(name) \($0)" }
                } + metadata.words)
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
            let steps: [InstallationStep]
            do throws(ReadFailure) { steps = try unit.remove() } catch {
                complain("\(error)", fix: error.fix)
                throw ExitStatus.failed.code
            }
            try await options.take(steps, of: unit, done: "the guard is gone")
            try await options.openGate()
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

    /// Takes the gate away: without a guard nobody moves it along with a host.
    func openGate() async throws {
        let box = LocalBox.system()
        let plan: Plan
        do throws(PlanRefusal) {
            plan = try await box.plan(.openGate, isShown: false)
        } catch {
            complain("\(error)", fix: "natdeck setup --remove")
            throw ExitStatus.failed.code
        }
        guard !plan.isEmpty else { return }
        let text = PlanText(plan: plan).text
        if dryRun { return StandardStream.output.write(text) }
        if !yes { try ChangeFlow.ask(text, about: plan.title) }
        // It is the guard's own work that is taken away, and no change of the operator's to undo.
        let outcome = await box.applier.apply(plan, by: "guard", because: "natdeck service remove")
        guard outcome == .done else {
            complain("\(plan.title): it was not done", fix: "natdeck setup --remove")
            throw ExitStatus.failed.code
        }
        StandardStream.output.write("\(plan.title): done\n")
    }
}
