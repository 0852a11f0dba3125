import ArgumentParser
import Glibc
import NATLab
import NATModel

/// `natdeck demo`: the dashboard in a lab with live traffic.
struct DemoCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo",
        abstract: "Show the dashboard on a lab with live traffic; needs neither root nor AWS.",
        discussion: """
            Examples:
              natdeck demo
              natdeck demo --nics 4 --hosts 40 -- --readonly
            """)

    @OptionGroup var shape: Shape
    @Argument(parsing: .postTerminator, help: "After --: arguments for natdeck inside the lab.")
    var arguments: [String] = []

    func run() async throws {
        try await UserNamespace.reexecIfNeeded()
        let prefix = "natdeck-demo-\(getpid())"
        // First, so that even a kill in the middle of building leaves nothing behind.
        try await LabGuardian(prefix: prefix).start()
        let lab = try await Lab.up(shape.topology.named(prefix))
        let status: Int32
        do {
            // Without it the kernel does not count what hosts send and get.
            _ = try await lab.run(
                in: Topology.box,
                Command("sysctl", "-q", "-w", "net.netfilter.nf_conntrack_acct=1"))
            try await lab.startTraffic()
            let dashboard = Command([try LabExecutable.natdeck()] + arguments)
            status = try await ForegroundProcess.run(
                lab.entrance(to: Topology.box).wrap(dashboard))
        } catch {
            // The lab's own guardian takes down what is left; what is told is why it failed.
            try? await lab.down()
            throw error
        }
        try await lab.down()
        throw ExitCode(status)
    }
}
