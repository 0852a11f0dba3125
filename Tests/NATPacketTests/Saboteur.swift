import NATHost
import NATLab
import NATModel
import Testing

/// Counts the changes natdeck makes, and has something else done at the one it is told.
///
/// Those that it makes by programs meet others of their names that come before the real ones; those
/// that it makes by itself meet a library that is loaded before its own.
struct Saboteur {
    private static let library = "/run/saboteur/step_faults.so"

    /// What happens at that change.
    enum Deed {
        /// It is refused.
        case refuse
        /// It is refused, and so is every change after it.
        case refuseFromThenOn
        /// The xtables lock is held by another program from then on, for ten seconds.
        case lockXtables
        /// natdeck is stopped before it, as Ctrl-Z does.
        case stopBefore
        /// natdeck is stopped at it for good, as SIGSTOP does.
        case freezeAt
        /// natdeck is asked to end before it, by SIGTERM.
        case endBefore
        /// natdeck is killed before it.
        case killBefore
        /// natdeck is killed after it.
        case killAfter
    }

    /// Waits for the change with this number, counted from 1.
    static func arm(_ box: BoxUnderTest, at number: Int, _ deed: Deed) async throws {
        let test = deed == .refuseFromThenOn ? "-ge" : "-eq"
        let body =
            switch deed {
            case .refuse, .refuseFromThenOn: "echo 'injected failure' >&2; exit 4"
            case .lockXtables:
                "setsid -f flock /run/xtables.lock sleep 10 > /dev/null 2>&1; sleep 0.3"
            case .stopBefore: "kill -TSTP $PPID; sleep 0.3"
            case .freezeAt: "kill -STOP $PPID"
            case .endBefore: "kill -TERM $PPID; sleep 0.3"
            case .killBefore: "kill -KILL $PPID; exit 0"
            case .killAfter: "/usr/sbin/$name \"$@\"; kill -KILL $PPID; exit 0"
            }
        let script = """
            #!/bin/sh
            name=${0##*/}
            case "$name $*" in
            iptables*" -A "*|iptables*" -I "*|iptables*" -D "*|iptables*"-restore "*)
                count=$(($(cat /run/saboteur/count) + 1))
                echo $count > /run/saboteur/count
                if [ $count \(test) \(number) ]; then \(body); fi ;;
            esac
            exec /usr/sbin/$name "$@"

            """
        try await box.lab.output(in: "nat", "mkdir", "-p", "/run/saboteur")
        // iptables itself stays what it is: the link it is tells which backend is the default.
        for name in [
            "iptables-nft", "iptables-legacy", "iptables-nft-restore", "iptables-legacy-restore",
        ] {
            let path = "/run/saboteur/\(name)"
            try await box.lab.run(in: "nat", Command("tee", path), input: script)
            try await box.lab.output(in: "nat", "chmod", "755", path)
        }
        try await box.lab.run(
            in: "nat", Command("tee", "/run/saboteur/deed"),
            input: "\(test.dropFirst()) \(number) \(deed.name)\n")
        try await box.lab.run(in: "nat", Command("tee", "/run/saboteur/count"), input: "0\n")
        try await CLibrary.compile("step_faults.c", to: library, in: box)
        try await box.lab.run(
            in: "nat", Command("tee", "/run/saboteur/preload"), input: "\(library)\n")
        try await box.lab.output(in: "nat", "touch", "/etc/ld.so.preload")
    }

    /// Kills a subcommand at each of its changes in turn, before and after it.
    ///
    /// - Parameters:
    ///   - killed: called after each kill, with the number of the change; takes it back.
    ///   - done: called once it has gone through; brings the box back for the next round.
    static func killEverywhere(
        _ box: BoxUnderTest, _ words: [String], killed: (Int) async throws -> Void,
        done: () async throws -> Void
    ) async throws {
        for deed in [Deed.killBefore, .killAfter] {
            var number = 1
            while try await kill(box, words, at: number, deed) {
                try await killed(number)
                number += 1
                try #require(number < 60)
            }
            #expect(number > 2, "\(words) was never killed")
            try await done()
        }
    }

    /// Kills a subcommand at its change with this number.
    ///
    /// - Returns: whether it made so many.
    static func kill(
        _ box: BoxUnderTest, _ words: [String], at number: Int, _ deed: Deed
    ) async throws -> Bool {
        try await arm(box, at: number, deed)
        let reply = try await run(box, words + ["--yes"])
        if reply.status == 0 { return false }
        #expect(reply.status == 137)
        return true
    }

    /// Runs natdeck on the box with these programs and this library.
    static func run(_ box: BoxUnderTest, _ words: [String]) async throws -> CommandReply {
        // The watch that natdeck starts inherits no variable of it, but it shares its files.
        let script = """
            mount --bind /run/saboteur /usr/local/sbin &&
            mount --bind /run/saboteur/preload /etc/ld.so.preload && exec "$@"
            """
        return try await box.lab.run(
            in: "nat",
            Command(
                ["unshare", "--mount", "--propagation", "private", "sh", "-c", script, "sh"]
                    + [box.natdeck] + words),
            deadline: .seconds(30))
    }
}

extension Saboteur.Deed {
    /// Its name for the library; what is done by a program alone has none there.
    fileprivate var name: String {
        switch self {
        case .refuse, .refuseFromThenOn: "refuse"
        case .lockXtables: "lock-xtables"
        case .stopBefore: "stop-before"
        case .freezeAt: "freeze-at"
        case .endBefore: "end-before"
        case .killBefore: "kill-before"
        case .killAfter: "kill-after"
        }
    }
}
