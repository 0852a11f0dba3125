import ArgumentParser
import NATDoctor
import NATHost
import NATModel
import NATPlan
import NATTerminal

struct DoctorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor", abstract: "What is wrong on this box, and the plan that mends it.",
        discussion: """
            Examples:
              natdeck doctor --json | jq '.[] | select(.status == "error")'
              natdeck doctor --fix send-redirects-on --dry-run

            The status is 0 whatever is found. With --fix it is that of any change, and 2 where
            there is no such check or natdeck makes no plan for it.
            """)

    @Option(help: ArgumentHelp("Mend what this check found.", valueName: "id"))
    var fix: String?

    @OptionGroup var metadata: MetadataOptions

    @OptionGroup var options: ChangeOptions

    func validate() throws {
        guard fix == nil else { return }
        if options.dryRun { throw ValidationError("--dry-run says nothing without --fix") }
        if options.yes { throw ValidationError("--yes says nothing without --fix") }
        if options.keepWithin != nil {
            throw ValidationError("--keep-within says nothing without --fix")
        }
    }

    /// What the doctor finds. What grows shows within a second, so the figures are read twice.
    private static func checks(of box: LocalBox) async -> [Check] {
        let earlier = await box.reader.snapshot([.interfaces, .counters, .conntrack], over: nil)
        async let pause: Void = try await Task.sleep(for: .seconds(1))
        let whole = Set(SnapshotPart.allCases).subtracting([.counters, .conntrack])
        let rest = await box.reader.snapshot(whole, over: earlier)
        try? await pause
        let now = await box.reader.snapshot([.counters, .conntrack], over: rest)
        return Doctor.checks(of: now, since: earlier)
    }

    func run() async throws {
        let box = metadata.box
        let checks = await Self.checks(of: box)
        guard let fix else {
            if options.json {
                DoctorJSON(checks: checks).write(to: .output)
            } else {
                let text = DoctorText(checks: checks, isASCII: !Terminal.isLocaleUTF8).text
                StandardStream.output.write(text)
            }
            return
        }
        guard let check = checks.first(where: { $0.id == fix }) else {
            let ids = checks.map(\.id).sorted().joined(separator: ", ")
            throw refusal(
                PlanRefusal(fix.strippedOfControls, "no such check", fix: "one of \(ids)"))
        }
        switch (check.status, check.remedy) {
        case (.ok, _):
            if options.json {
                let plan = Plan(intent: .release([]), title: check.summary)
                PlanJSON(plan: plan, outcome: "nothing to do").write(to: .output)
            } else {
                StandardStream.output.write("\(check.id): \(check.summary)\nnothing to do\n")
            }
        case (_, .plan(let intent)):
            try await ChangeFlow(box: box, options: options).run(intent)
        case (_, let remedy):
            throw refusal(
                PlanRefusal(
                    check.id, "\(check.summary), and natdeck makes no plan for it",
                    fix: remedy == nil ? nil : check.fix))
        }
    }
}
