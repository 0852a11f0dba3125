import ArgumentParser
import NATHost

struct KeepCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "keep", abstract: "Keep the change that would be taken back by itself.",
        discussion: "Example: natdeck assign 172.31.26.176 eth1 --keep-within 60; natdeck keep")

    func run() async throws {
        try PendingFlow.report(
            await ChangeFlow.uninterrupted { await LocalBox.system().applier.keep() })
    }
}
