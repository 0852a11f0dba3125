import ArgumentParser

/// `natdeck demo`, which `LabProgram` carries out: here it is only named and explained.
struct DemoCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo",
        abstract: "Show the dashboard on a lab with live traffic; needs neither root nor AWS.",
        discussion: """
            Examples:
              natdeck demo
              natdeck demo --nics 4 --hosts 40 -- --readonly
            """)

    @Argument(
        parsing: .captureForPassthrough,
        help: ArgumentHelp(
            "--nics N, --hosts N, and after -- arguments for natdeck inside the lab.",
            valueName: "words"))
    var words: [String] = []
}
