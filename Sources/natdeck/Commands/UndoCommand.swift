import ArgumentParser
import NATHost
import NATPlan

struct UndoCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "undo", abstract: "Plan the inverse of the last change that stands.",
        discussion: "Example: natdeck undo --dry-run")

    @OptionGroup var options: ChangeOptions

    func run() async throws {
        let box = LocalBox.system()
        let entry: History.Entry
        let intent: Intent
        do throws(PlanRefusal) {
            (entry, intent) = try box.applier.history.undo()
        } catch {
            throw refusal(error)
        }
        try await ChangeFlow(box: box, options: options, undoes: entry.id).run(intent)
    }
}
