package import NATModel
internal import NATScreen

/// Plays a script to a dashboard, without a box and without a terminal.
package struct ScriptPlayer: Sendable {
    /// The dashboard.
    package private(set) var state: DashboardState
    /// What was asked of a box and not answered yet, with the line that made it ask.
    package private(set) var unanswered: [Question] = []
    /// Milliseconds of the clock the dashboard sees.
    private var now: Int64 = 0
    /// The time of day at its beginning, in milliseconds; `nil` before the box was read.
    private var origin: Int64?
    /// The line that ended the dashboard; `nil` while it runs.
    private var quitLine: Int?

    /// Something asked of a box.
    package struct Question: Hashable, Sendable {
        /// The word of the line that would answer it.
        package var word: String
        /// The line that made the dashboard ask.
        package var line: Int
    }

    /// Plays to this dashboard.
    package init(_ state: DashboardState) { self.state = state }

    /// Does what a line says.
    ///
    /// - Parameter load: gives the snapshots of a file; throws why it cannot.
    package mutating func play(
        _ line: Script.Line, load: (String) throws(ReadFailure) -> [Snapshot]
    ) throws(ScriptError) {
        if case .dump = line.instruction { return }
        if let quitLine {
            throw ScriptError(line: line.number, reason: "natdeck has quit at line \(quitLine)")
        }
        switch line.instruction {
        case .snapshots(let file):
            let snapshots: [Snapshot]
            do throws(ReadFailure) { snapshots = try load(file) } catch {
                throw ScriptError(line: line.number, reason: error.description)
            }
            for snapshot in snapshots { read(snapshot, line.number) }
        case .keys(let keys):
            for key in keys { send(.key(key, atMilliseconds: now), line.number) }
        case .paste(let text): send(.pasted(text), line.number)
        case .wait(let time):
            now += time
            tick(line.number)
        case .resize(let size): send(.resized(size), line.number)
        case .dump: return
        case .answer(let answer):
            if let word = answer.question {
                guard let index = unanswered.firstIndex(where: { $0.word == word }) else {
                    throw ScriptError(
                        line: line.number, reason: "\(word) answers nothing: nobody has asked")
                }
                unanswered.remove(at: index)
            }
            send(answer.message(atMilliseconds: now), line.number)
        }
    }

    private mutating func read(_ snapshot: Snapshot, _ line: Int) {
        let origin = origin ?? snapshot.takenAtMilliseconds - now
        self.origin = origin
        now = max(now, snapshot.takenAtMilliseconds - origin)
        send(
            .snapshotRead(snapshot, parts: Set(SnapshotPart.allCases), atMilliseconds: now), line)
        tick(line)
    }

    private mutating func tick(_ line: Int) {
        guard let origin else { return }
        send(.tick(atMilliseconds: now, wallClock: Self.timeOfDay(origin + now)), line)
    }

    private mutating func send(_ message: Message, _ line: Int) {
        for effect in state.update(message) {
            if effect == .quit { quitLine = line }
            if let word = effect.question { unanswered.append(Question(word: word, line: line)) }
        }
    }

    /// The time of day in UTC: a script looks the same wherever it is played.
    private static func timeOfDay(_ milliseconds: Int64) -> String {
        Moment(milliseconds: milliseconds, utcOffsetSeconds: 0).clock
    }
}
