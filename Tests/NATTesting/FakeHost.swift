import NATHost
import NATModel
import NATParse
import NATPlan
import Synchronization

/// A box in memory behind the seams of NATHost.
///
/// It holds state and refuses what `ip`, `iptables` and `sysctl` refuse, in their words; it does
/// not replay calls. A command it does not know is answered with status 127 and kept in `unknown`.
package final class FakeHost: Sendable {
    /// What goes wrong at one change.
    package enum Fault: Sendable {
        /// It says no and does nothing.
        case refused
        /// It does not answer in time and has done nothing.
        case hungBefore
        /// It does not answer in time but has done it.
        case hungAfter
        /// It has done it, and its answer was lost: the program was killed, or the socket went.
        case diedAfter
    }

    struct State {
        var box: FakeBox
        var log: [String] = []
        var unknown: [Command] = []
        var changes = 0
        var faults: [Int: Fault] = [:]
        var missing: Set<String> = []
        var hanging: Set<String> = []
        /// The journal and the history, which come and go beside the box.
        var notes: [String: String] = [:]
        var unwritable: Set<String> = []
        /// Who holds which lock.
        var locks: [String: String] = [:]
        /// The change before which every watch ends; `nil` where they live.
        var losesWatchesAt: Int?
        /// Watches over a change that were started, by the change's name.
        var watches: [String] = []
        var onChange: [Int: @Sendable (inout FakeBox) -> Void] = [:]
        /// The change before which natdeck is killed, and what it leaves then.
        var killedAt: Int?
        var left: (box: FakeBox, notes: [String: String])?
        /// Whether iptables is so old that it knows no `-w`.
        var lacksWait = false
        /// How often all flows were looked at.
        var looksAtFlows = 0
    }

    let state: Mutex<State>

    package init(_ box: FakeBox) {
        state = Mutex(State(box: box))
        // Whoever made the gate has noted it.
        if let gate = box.gate { setNotes(Gate.path, Self.note(of: gate, box)) }
    }

    /// What the box holds now.
    package var box: FakeBox {
        get { state.withLock { $0.box } }
        set { state.withLock { $0.box = newValue } }
    }

    /// Every change asked for, as a person would type it, in order.
    package var log: [String] { state.withLock { $0.log } }

    /// Commands that were not understood: a test fails where there are any.
    package var unknown: [Command] { state.withLock { $0.unknown } }

    /// Makes the change with this number, counted from 0, go wrong.
    package func fail(at number: Int, _ fault: Fault = .refused) {
        state.withLock { $0.faults[number] = fault }
    }

    /// Does something to the box just before the change with this number.
    package func before(_ number: Int, _ body: @escaping @Sendable (inout FakeBox) -> Void) {
        state.withLock { $0.onChange[number] = body }
    }

    /// Has natdeck killed before the change with this number, as far as ``killed`` goes.
    package func kill(at number: Int) { state.withLock { $0.killedAt = number } }

    /// The box, and all that was written down, as a natdeck that was killed has left them; `nil`
    /// where it came through.
    package var killed: FakeHost? {
        state.withLock { $0.left }.map { left in
            let host = FakeHost(left.box)
            host.state.withLock { $0.notes = left.notes }
            return host
        }
    }

    /// How many changes were asked for.
    package var changes: Int { state.withLock { $0.changes } }

    /// How often all flows were looked at.
    package var looksAtFlows: Int { state.withLock { $0.looksAtFlows } }

    /// Makes iptables so old that it knows no `-w`.
    package func removeWaitOfIPTables() { state.withLock { $0.lacksWait = true } }

    /// Takes a program off the box.
    package func uninstall(_ program: String) {
        state.withLock { _ = $0.missing.insert(program) }
    }

    /// Makes a program, or a command that begins so, hang until its deadline.
    package func hang(_ words: String) { state.withLock { _ = $0.hanging.insert(words) } }

    /// Makes a file of notes unwritable, as a full disk does.
    package func fill(_ path: String) { state.withLock { _ = $0.unwritable.insert(path) } }

    /// What is written down in a file of notes, such as the journal.
    package func notes(_ path: String) -> String? { state.withLock { $0.notes[path] } }

    /// Writes into a file of notes behind natdeck's back.
    package func setNotes(_ path: String, _ text: String?) {
        state.withLock { $0.notes[path] = text }
    }

    /// Ends every watch over a change, now or before the change with this number.
    package func loseWatches(at number: Int? = nil) {
        state.withLock {
            $0.losesWatchesAt = number
            if number == nil { $0.locks["/run/natdeck/watch"] = nil }
        }
    }

    /// The changes that are watched over.
    package var watches: [String] { state.withLock { $0.watches } }

    /// The seams put together.
    package var local: LocalBox {
        LocalBox(
            runner: self, files: self, metadata: self, routing: self, conntrack: self,
            gate: self,
            programs: NATPrograms(
                installed: { [self] in
                    NATBackend.allCases.filter { self.box.nat[$0] != nil }.map {
                        ($0, $0 == .legacy ? "iptables-legacy" : "iptables-nft")
                    }
                },
                nftables: { [self] part in
                    // What iptables does not show of its own chains, nothing here shows.
                    box.unreadable.contains("nftables")
                        || part == .nat(withIPTables: true) && box.nat[.nfTables] != nil
                        ? .failed(ReadFailure("nftables", "Operation not permitted", fix: "do"))
                        : .value(part.isNAT ? box.nftTables : box.forward)
                }))
    }

    /// The box as natdeck reads it.
    package func snapshot() async -> Snapshot { await local.reader.snapshot() }

    /// The plan for an intent on the box as it is.
    package func plan(_ intent: Intent) async throws(PlanRefusal) -> Plan {
        try Planner.plan(intent, on: await snapshot())
    }
}

extension FakeHost: CommandRunner {
    package func run(
        _ command: Command, input: String?, deadline: Duration
    ) async throws(CommandFailure) -> CommandReply {
        let line = command.description
        let isHanging = try state.withLock { state throws(CommandFailure) -> Bool in
            if state.missing.contains(command.program) { throw .missing(command) }
            return state.hanging.contains { line.hasPrefix($0) }
        }
        if isHanging {
            try? await Task.sleep(for: deadline)
            throw .tooSlow(command, deadline: deadline)
        }
        return try state.withLock { state throws(CommandFailure) in
            if command.program.hasPrefix("iptables"), state.lacksWait,
                command.arguments.contains("-w")
            {
                return CommandReply(status: 2, error: "unknown option \"-w\"")
            }
            if command.program.hasSuffix("-restore") {
                return try state.restore(command, input ?? "", deadline)
            }
            guard Self.changes(command) else { return Self.answer(command, &state) }
            switch state.beginChange(line) {
            case .refused: return CommandReply(status: 4, error: "told to fail")
            case .hungBefore: throw .tooSlow(command, deadline: deadline)
            case .hungAfter:
                _ = Self.answer(command, &state)
                throw .tooSlow(command, deadline: deadline)
            case .diedAfter:
                _ = Self.answer(command, &state)
                return CommandReply(status: 137)
            case nil: return Self.answer(command, &state)
            }
        }
    }

    package func isInstalled(_ program: String) -> Bool {
        state.withLock { !$0.missing.contains(program) }
    }

    private static func changes(_ command: Command) -> Bool {
        let words = command.arguments
        return words.contains("add") || words.contains("del") || words.contains("-A")
            || words.contains("-D") || words.contains("-I")
            || words.contains("-w")
                && words.first == "sysctl"
    }

    private static func answer(_ command: Command, _ state: inout State) -> CommandReply {
        let words = command.arguments
        let reply: CommandReply? =
            switch words.first {
            case "ip": state.box.ip(Array(words.dropFirst()))
            case "iptables-nft": state.box.iptables(Array(words.dropFirst()), .nfTables)
            case "iptables-legacy": state.box.iptables(Array(words.dropFirst()), .legacy)
            case "sysctl": state.box.sysctl(Array(words.dropFirst()))
            case "setsid":
                state.watch(words)
            default: nil
            }
        if let reply { return reply }
        state.unknown.append(command)
        return CommandReply(status: 127, error: "unknown to the fake host: \(command)")
    }
}

extension FakeHost.State {
    /// Notes a watch that is started; it does not run, and a test takes its place.
    mutating func watch(_ words: [String]) -> CommandReply {
        let id = words.last ?? ""
        watches.append(id)
        locks["/run/natdeck/watch"] = id
        notes["/run/natdeck/watch"] = id
        return CommandReply()
    }

    /// Counts and logs a change; tells what is to go wrong with it.
    mutating func beginChange(_ line: String) -> FakeHost.Fault? {
        onChange[changes]?(&box)
        if changes == killedAt { left = (box, notes) }
        if changes == losesWatchesAt { locks["/run/natdeck/watch"] = nil }
        defer { changes += 1 }
        log.append(line)
        return faults[changes]
    }
}
