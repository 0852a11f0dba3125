internal import NATModel

/// What natdeck runs to read the box: a command once, however often it is repeated.
struct Readings: Hashable, Sendable {
    /// The commands, that which ran last at the end.
    private(set) var runs: [Runs] = []
    /// How many runs there were.
    private(set) var count = 0
    /// When the first was started, in milliseconds since 1970-01-01 UTC; `nil` before that.
    private(set) var sinceMilliseconds: Int64?

    /// The most commands that are remembered; that which ran longest ago goes first.
    private static let most = 100

    /// Runs of one command that all ended alike.
    struct Runs: Hashable, Sendable {
        /// The last of them.
        var last: CommandRun
        /// How many there were.
        var times = 1
        /// When the first was started, in milliseconds since 1970-01-01 UTC.
        var sinceMilliseconds: Int64
        /// How long the longest took, in microseconds.
        var longestMicroseconds: Int64

        /// The first run of a command.
        init(_ run: CommandRun) {
            last = run
            sinceMilliseconds = run.startedAtMilliseconds
            longestMicroseconds = run.microseconds
        }
    }

    /// Takes one more.
    mutating func add(_ run: CommandRun) {
        count += 1
        sinceMilliseconds = sinceMilliseconds ?? run.startedAtMilliseconds
        let place = runs.lastIndex {
            $0.last.command.asks(as: run.command) && $0.last.ending == run.ending
        }
        guard let place else {
            runs.append(Runs(run))
            if runs.count > Self.most { runs.removeFirst() }
            return
        }
        var known = runs.remove(at: place)
        known.last = run
        known.times += 1
        known.longestMicroseconds = max(known.longestMicroseconds, run.microseconds)
        runs.append(known)
    }
}

extension Command {
    /// Whether it asks the same: names of hosts are asked for one by one, and of forty the last is
    /// enough.
    fileprivate func asks(as other: Command) -> Bool {
        self == other
            || program == "getent" && arguments.prefix(2).elementsEqual(other.arguments.prefix(2))
    }
}
