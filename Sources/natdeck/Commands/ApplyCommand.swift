import ArgumentParser
import NATHost
import NATModel
import NATParse
import NATPlan

#if canImport(Glibc)
    import Glibc
#endif

struct ApplyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "apply", abstract: "Bring the box to the kept assignments.",
        discussion: """
            Reads \(SavedAssignment.path), assigns what differs, and releases what natdeck assigned \
            and the file does not name. Rules made by hand stay where they lead the right way.

            Example: natdeck apply --dry-run
            """)

    @OptionGroup var following: FollowingOptions

    @Flag(help: "End the connections of what moves; else they stay on the egress they began with.")
    var cut = false

    @OptionGroup var metadata: MetadataOptions

    @OptionGroup var options: ChangeOptions

    func run() async throws {
        let box = metadata.box
        guard let file = try loaded(box.saved) else {
            complain(
                "\(SavedAssignment.path): no such file",
                fix: "natdeck save writes the present assignments into it")
            throw ExitStatus.refused.code
        }
        if !file.names.isEmpty { try await follow(file.names, box) }
        // What is assigned and not in the file is released.
        let namesAddresses = file.entries.contains { $0.egress.interface.isEmpty }
        let snapshot = await box.reader.snapshot(
            namesAddresses
                ? [.rules, .saved, .interfaces, .tables, .cloud] : [.rules, .saved], over: nil)
        if let failure = snapshot.saved.failure {
            throw refusal(PlanRefusal(failure.object, failure.reason, fix: failure.fix))
        }
        var flow = ChangeFlow(box: box, options: options)
        flow.titleOfNothing = "already as \(SavedAssignment.path) says"
        try await flow.run(
            .arrange(
                (snapshot.saved.value ?? nil) ?? [], on: snapshot,
                options: AssignOptions(foreignRules: .accepted, cuts: cut)))
    }

    /// Asks what the names in the file stand for; where nobody tells, what was told last goes on.
    private func follow(_ names: [SourceName], _ box: LocalBox) async throws {
        let snapshot = await box.reader.snapshot([.interfaces, .cloud, .rules, .saved], over: nil)
        do throws(ReadFailure) {
            let followed = try await box.follower.follow(
                names, on: snapshot, mostHosts: following.atMost,
                isKept: !options.dryRun && geteuid() == 0)
            for name in followed where name.trouble != nil {
                complain("\(GuardNews.followed(name))")
            }
        } catch {
            complain("\(error)", fix: error.fix)
        }
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
