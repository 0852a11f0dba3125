import NATModel

@testable import NATDashboard

/// What a change leaves in the log.
enum SampleLog {
    /// 2023-11-14 22:13:20 UTC, when the first sample snapshot was taken.
    static let start: Int64 = 1_700_000_000_000

    static func run(
        _ words: String, at milliseconds: Int64 = 0, took microseconds: Int64 = 4200,
        _ ending: CommandRun.Ending = .exited(0, error: "")
    ) -> CommandRun {
        CommandRun(
            Command(words.split(separator: " ").map(String.init)),
            startedAtMilliseconds: start + milliseconds, microseconds: microseconds, ending: ending)
    }

    static let listing = "iptables-nft -t nat -nvxL"

    static func change(
        _ ending: PastChange.Ending = .kept, by cause: String = "operator",
        at milliseconds: Int64 = 0, reason: String? = nil
    ) -> PastChange {
        PastChange(
            id: "4031793-23877", atMilliseconds: start + milliseconds,
            title: "172.31.26.176 leaves by eth1, seen outside as 203.0.113.195", ending: ending,
            by: cause, author: "root from 198.51.100.7 (process 4711)", reason: reason,
            commands: ["ip rule add from 172.31.26.176 lookup 20001 priority 5000 protocol 201"],
            deed: "172.31.26.176 → eth1", person: "root from 198.51.100.7")
    }

    /// The same, begun by the natdeck that looks on.
    static func own(_ ending: PastChange.Ending = .kept, reason: String? = nil) -> PastChange {
        var change = change(ending, by: ending == .kept ? "operator" : "failure", reason: reason)
        change.isOwn = true
        return change
    }

    /// Two changes of old, readings, a change whose last step had nothing to do, and the guard.
    static func play(_ driver: inout Driver) {
        driver.send(
            .changesEnded([
                change(at: -86_400_000), change(.reverted, by: "timer", at: -7_200_000),
            ]))
        driver.send(.commandsRan((0..<62).map { run(listing, at: $0 * 1000) }))
        driver.send(
            .commandsRan([
                run("ip -json -N -details addr show", at: 62_100, took: 8300),
                run(
                    "ip rule add from 172.31.26.175 lookup 20001 priority 5000 protocol 201",
                    at: 62_200, took: 1900),
                run(
                    "conntrack -D -s 172.31.26.175", at: 62_210, took: 1_312_000,
                    .exited(1, error: "0 flow entries have been deleted.")),
                run("ip -json -N -details addr show", at: 62_300, .failed("no answer in 5 s")),
            ]))
        var failed = own(.rolledBack, reason: "no")
        failed.atMilliseconds += 62_000
        driver.send(.changesEnded([failed]))
        driver.send(
            .changesEnded([
                change(
                    by: "guard", at: 63_000,
                    reason: "the rule of 172.31.26.176 was lost, likely by dhclient")
            ]))
        driver.send(.guardSeen(isRunning: true))
    }
}
