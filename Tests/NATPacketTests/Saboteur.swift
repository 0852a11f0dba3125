import NATHost
import NATLab
import NATModel

/// Programs that come before the real ones, count the changes natdeck makes with them, and do
/// something else at the one they are told.
struct Saboteur {
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
            case .killBefore: "kill -KILL $PPID; exit 0"
            case .killAfter: "/usr/sbin/$name \"$@\"; kill -KILL $PPID; exit 0"
            }
        let script = """
            #!/bin/sh
            name=${0##*/}
            case "$name $*" in
            "ip rule add "*|"ip rule del "*|"ip route add "*|"ip route del "*|\\
            iptables*" -A "*|iptables*" -I "*|iptables*" -D "*|"sysctl "*" -w "*)
                count=$(($(cat /run/saboteur/count) + 1))
                echo $count > /run/saboteur/count
                if [ $count \(test) \(number) ]; then \(body); fi ;;
            esac
            exec /usr/sbin/$name "$@"

            """
        try await box.lab.output(in: "nat", "mkdir", "-p", "/run/saboteur")
        // iptables itself stays what it is: the link it is tells which backend is the default.
        for name in ["ip", "iptables-nft", "iptables-legacy", "sysctl"] {
            let path = "/run/saboteur/\(name)"
            try await box.lab.run(in: "nat", Command("tee", path), input: script)
            try await box.lab.output(in: "nat", "chmod", "755", path)
        }
        try await box.lab.run(in: "nat", Command("tee", "/run/saboteur/count"), input: "0\n")
    }

    /// Runs natdeck on the box with these programs.
    static func run(_ box: BoxUnderTest, _ words: [String]) async throws -> CommandReply {
        try await box.lab.run(
            in: "nat", box.command(words, programs: "/run/saboteur"), deadline: .seconds(30))
    }
}
