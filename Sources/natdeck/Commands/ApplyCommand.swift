import ArgumentParser
import NATHost
import NATModel
import NATParse
import NATPlan

struct ApplyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "apply", abstract: "Bring the box to the kept assignments.",
        discussion: """
            Reads \(SavedAssignment.path), assigns what differs, and releases what natdeck assigned \
            and the file does not name. Rules made by hand stay where they lead the right way.

            Example: natdeck apply --dry-run
            """)

    @OptionGroup var options: ChangeOptions

    func run() async throws {
        let box = LocalBox.system()
        guard let file = try loaded(box.saved) else {
            complain(
                "\(SavedAssignment.path): no such file",
                fix: "natdeck save writes the present assignments into it")
            throw ExitStatus.refused.code
        }
        let snapshot = await box.reader.snapshot()
        let intent = Intent.arrange(file.assignments, on: snapshot)
        if let plan = try? Planner.plan(intent, on: snapshot), plan.isEmpty {
            var told = plan
            told.title = "already as \(SavedAssignment.path) says"
            if options.json {
                PlanJSON(plan: told, outcome: "nothing to do").write(to: .output)
            } else {
                StandardStream.output.write("\(told.title)\n")
            }
            return
        }
        try await ChangeFlow(box: box, options: options).run(intent)
    }
}

/// The file of kept assignments, or the exit code where it is malformed, with every bad line told.
func loaded(_ saved: SavedAssignments) throws -> AssignmentsFile? {
    do throws(SavedAssignments.Failure) {
        return try saved.load()
    } catch {
        switch error {
        case .unusable(let failure): complain("\(failure)", fix: failure.fix)
        case .malformed(let failure):
            for line in failure.lines.prefix(20) { complain("\(line)") }
            if failure.lines.count > 20 {
                complain("\(SavedAssignment.path): \(failure.lines.count - 20) bad lines more")
            }
            StandardStream.error.write("  fix: mend these lines; nothing was applied\n")
        }
        throw ExitStatus.refused.code
    }
}
