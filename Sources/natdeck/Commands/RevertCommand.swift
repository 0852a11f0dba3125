import ArgumentParser
import NATHost

struct RevertCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "revert", abstract: "Take back the change that awaits its keep.",
        discussion: "Example: natdeck revert")

    func run() async throws {
        try PendingFlow.report(
            await ChangeFlow.stoppable { await LocalBox.system().applier.revert() })
    }
}
