import ArgumentParser
import Dispatch
import NATHost
import NATModel
import NATPlan
import Synchronization

#if canImport(Glibc)
    import Glibc
#endif

struct KeepCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "keep", abstract: "Keep the change that would be taken back by itself.",
        discussion: "Example: natdeck assign 172.31.26.176 eth1 --keep-within 60; natdeck keep")

    func run() async throws {
        try PendingFlow.report(
            await ChangeFlow.uninterrupted { await LocalBox.system().applier.keep() })
    }
}

struct RevertCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "revert", abstract: "Take back the change that awaits its keep.",
        discussion: "Example: natdeck revert")

    func run() async throws {
        try PendingFlow.report(
            await ChangeFlow.stoppable { await LocalBox.system().applier.revert() })
    }
}

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

/// The watch over a change that awaits its keep; natdeck starts it itself.
struct RevertTimerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "revert-timer", abstract: "Watch over a change.", shouldDisplay: false)

    @Argument var id: String

    func run() async throws {
        signal(SIGPIPE, SIG_IGN)
        let isTold = Atomic(false)
        let sources = [SIGTERM, SIGINT, SIGHUP].map { number in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number)
            source.setEventHandler { isTold.store(true, ordering: .relaxed) }
            source.activate()
            return source
        }
        defer { for source in sources { source.cancel() } }
        // Whoever started this waits for the end of its output.
        let nothing = open("/dev/null", O_RDWR)
        for descriptor in 0...2 { dup2(nothing, Int32(descriptor)) }
        let isSettled = await LocalBox.system().applier.watch(id) {
            isTold.load(ordering: .relaxed)
        }
        if !isSettled { throw ExitStatus.failed.code }
    }
}

/// What keep, revert and recover have in common.
enum PendingFlow {
    /// Says that a change was not finished, to whoever asks natdeck for something else.
    static func tellUnfinished(_ box: LocalBox) async {
        let reading = await box.reader.snapshot([.pending], over: nil).pending
        guard let change = reading.value ?? nil, case .unfinished = change.state else { return }
        let refusal = Planner.refusal(of: change)
        complain("\(refusal)", fix: refusal.fix)
    }

    static func report(_ settlement: Settlement) throws {
        switch settlement.outcome {
        case .done: StandardStream.output.write("\(settlement.ending.rawValue)\n")
        case .notSaved(let failure):
            StandardStream.output.write("\(settlement.ending.rawValue)\n")
            try ChangeFlow.tell(notSaved: failure)
        case .awaitsKeep, .stale: return
        case .rolledBack(let failure):
            complain("\(failure)", fix: "nothing is left of the change; natdeck status")
            throw ExitStatus.failed.code
        case .leftovers(let failure, let leftovers):
            try ChangeFlow.tell(failure, leftovers)
        case .refused(let reason): throw refusal(reason)
        case .notPermitted:
            complain("the kernel does not permit it", fix: "run it as root")
            throw ExitStatus.notPermitted.code
        }
    }
}
