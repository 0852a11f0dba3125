import ArgumentParser

/// `natdeck lab`, which `LabProgram` carries out: here it is only named and explained.
struct LabCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "lab", abstract: "Build the scenario in network namespaces on this machine.",
        discussion: """
            natdeck lab up builds it, natdeck lab exec HOST COMMAND runs a program inside one of its \
            machines, natdeck lab down removes it.

            It is a program of its own, natdeck-lab, which has to lie beside natdeck.

            Example: natdeck lab up && natdeck lab exec nat natdeck; natdeck lab down
            """)

    @Argument(
        parsing: .captureForPassthrough,
        help: ArgumentHelp("up, down or exec, and their options.", valueName: "words"))
    var words: [String] = []
}
