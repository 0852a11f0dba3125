import ArgumentParser
import NATHost
import NATModel
import NATPlan

struct InstallCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "install",
        abstract: "Put this program, its manual page and shell completions in their places.",
        discussion: """
            Examples:
              natdeck install
              natdeck install --prefix "$HOME/.local"
              natdeck install --remove

            The service at boot is a matter of its own: natdeck service install.
            """)

    @Option(
        help: ArgumentHelp("The folder that holds sbin and share.", valueName: "folder"),
        completion: .directory)
    var prefix = "/usr/local"

    @Flag(help: "Take away what an installation of that prefix has written.")
    var remove = false

    @Flag(help: "Show what would be done and touch nothing.")
    var dryRun = false

    func validate() throws {
        guard prefix.hasPrefix("/") else {
            throw ValidationError("--prefix \(prefix): a path that begins with /")
        }
    }

    func run() async throws {
        let installation = Installation.system(prefix: prefix, texts: Self.texts)
        let steps = remove ? installation.remove() : installation.install()
        if steps.isEmpty {
            StandardStream.output.write("\(installation.program): nothing to remove\n")
            return
        }
        if dryRun {
            for step in steps { StandardStream.output.write("\(step.summary)\n") }
            return
        }
        if remove { try Self.refuseUsed(installation) }
        if let folder = installation.closedFolder {
            complain(
                "\(folder): you may not write to it",
                fix: "run it as root, or natdeck install --prefix \"$HOME/.local\"")
            throw ExitStatus.notPermitted.code
        }
        if let failure = await installation.take(steps) {
            complain(
                "\(failure)", fix: "natdeck install --prefix \(prefix) --remove takes back the rest"
            )
            throw ExitStatus.failed.code
        }
        for path in remove ? steps.map(\.summary) : installation.paths.map({ "wrote \($0)" }) {
            StandardStream.output.write("\(path)\n")
        }
    }

    /// Refuses to take away what the service at boot runs, or may run.
    private static func refuseUsed(_ installation: Installation) throws {
        do throws(ReadFailure) {
            guard try installation.isUsedByService() else { return }
            complain(
                "\(installation.program): natdeck.service runs it", fix: "natdeck service remove")
        } catch {
            complain("\(error)", fix: error.fix)
        }
        throw ExitStatus.refused.code
    }

    /// The texts beside the program, each made from the definitions of the subcommands.
    ///
    /// The places are those that Debian's and Amazon's man-db, bash-completion, zsh and fish
    /// search by themselves.
    private static var texts: [String: String] {
        [
            "share/man/man8/natdeck.8": ManualPage.text,
            "share/bash-completion/completions/natdeck": Natdeck.completionScript(for: .bash),
            "share/zsh/site-functions/_natdeck": Natdeck.completionScript(for: .zsh),
            "share/fish/vendor_completions.d/natdeck.fish": Natdeck.completionScript(for: .fish),
        ]
    }
}
