import ArgumentParser
import NATHost
import NATModel
import NATParse
import NATPlan

#if canImport(Glibc)
    import Glibc
#endif

struct SaveCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "save", abstract: "Keep the present assignments.",
        discussion: """
            Writes them to \(SavedAssignment.path), where comments, order and spacing stay as they \
            are. What the file keeps and is not so stays in it, unless --prune takes it out.

            Example: natdeck save --foreign --dry-run
            """)

    @Flag(help: "Keep the assignments of rules that natdeck did not make, too.")
    var foreign = false

    @Flag(help: "Take out of the file what is not assigned any more.")
    var prune = false

    @Flag(help: "Tell what would be written and write nothing.")
    var dryRun = false

    func run() async throws {
        let box = LocalBox.system()
        guard dryRun || geteuid() == 0 else {
            complain("\(SavedAssignment.path): writing it needs root", fix: "run it as root")
            throw ExitStatus.notPermitted.code
        }
        let lock: FileLock?
        do throws(PlanRefusal) {
            // What is not kept yet must not be written down as if it were.
            lock = dryRun ? nil : try box.applier.lockedWhileSettled()
        } catch {
            throw refusal(error)
        }
        try await save(box)
        withExtendedLifetime(lock) {}
    }

    private func save(_ box: LocalBox) async throws {
        var file = try loaded(box.saved) ?? AssignmentsFile()
        let snapshot = await box.reader.snapshot([.interfaces, .rules, .tables, .saved], over: nil)
        for failure in [
            snapshot.interfaces.failure, snapshot.rules.failure, snapshot.tables.failure,
            snapshot.names.failure,
        ] {
            guard let failure else { continue }
            complain("\(failure)", fix: failure.fix)
            throw ExitStatus.failed.code
        }
        let changes = file.save(
            BoxFacts(snapshot).assignments, withForeign: foreign, prunes: prune,
            knowing: snapshot.names.value ?? [])
        if !dryRun, !changes.isEmpty {
            do throws(SavedAssignments.Failure) { try box.saved.store(file) } catch {
                complain("\(error.readFailure)", fix: error.readFailure.fix)
                throw ExitStatus.failed.code
            }
        }
        let lines =
            changes.isEmpty
            ? ["\(SavedAssignment.path) says so already"]
            : ["\(SavedAssignment.path)\(dryRun ? " would be" : ""):"] + changes.map { "  \($0)" }
        StandardStream.output.write(lines.joined(separator: "\n") + "\n")
    }
}
