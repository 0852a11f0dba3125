import ArgumentParser
import NATHost
import NATModel
import NATPlan

#if canImport(Glibc)
    import Glibc
#endif

struct RecoverCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "recover",
        abstract: "Take back, or finish, a change whose natdeck ended before it was done.",
        discussion: "Example: natdeck recover --yes")

    @Flag(help: "Finish the change instead of taking it back.")
    var finish = false

    @Flag(help: "Do not ask; takes the change back unless --finish is given.")
    var yes = false

    func run() async throws {
        let box = LocalBox.system()
        let change: ChangeRecord?
        do throws(ReadFailure) { change = try box.applier.journal.read() } catch {
            guard geteuid() == 0 else {
                complain("\(error)", fix: "run it as root")
                throw ExitStatus.notPermitted.code
            }
            // It is corrupt: moved aside, and told.
            return try PendingFlow.report(await box.applier.recover(finishes: false))
        }
        guard let change else {
            StandardStream.output.write("no change is unfinished\n")
            return
        }
        let finishes = yes ? finish : try ask(change)
        try PendingFlow.report(
            await ChangeFlow.stoppable {
                await box.applier.recover(change.id, finishes: finishes)
            })
    }

    private func ask(_ change: ChangeRecord) throws -> Bool {
        guard isatty(STDIN_FILENO) == 1 else {
            complain(
                "\(change.plan.title): it was not finished, and nobody is here to decide",
                fix: "add --yes to take it back, or --yes --finish")
            throw ExitStatus.refused.code
        }
        StandardStream.output.write(
            "Not finished, begun by \(change.author):\n" + PlanText(plan: change.plan).text
                + "\n[t]ake it back, [f]inish it, or leave it? ")
        switch readLine(strippingNewline: true) ?? "" {
        case "t": return false
        case "f": return true
        default:
            complain("left as it is", fix: "natdeck recover")
            throw ExitStatus.refused.code
        }
    }
}
