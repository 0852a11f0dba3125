import ArgumentParser

@main
struct Natdeck: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "natdeck",
        abstract: "Shows which host behind this NAT box leaves by which public IP, and moves it.",
        subcommands: [
            DashboardCommand.self, StatusCommand.self, AssignCommand.self, ReleaseCommand.self,
            SetupCommand.self, DoctorCommand.self, KeepCommand.self, RevertCommand.self,
            RecoverCommand.self, RevertTimerCommand.self, HistoryCommand.self, UndoCommand.self,
            ApplyCommand.self, SaveCommand.self, GuardCommand.self, ServiceCommand.self,
            LabCommand.self, DemoCommand.self,
        ],
        defaultSubcommand: DashboardCommand.self)
}
