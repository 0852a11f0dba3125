import NATHost
import NATLab
import NATModel
import Testing

/// Changes that may cut the operator's own session.
extension PacketTests {
    /// A server on the box by the name of sshd: it runs the command line that a client sends.
    private static let server = """
        use IO::Socket::INET; $SIG{CHLD} = 'IGNORE';
        my $s = IO::Socket::INET->new(LocalPort => 2222, Listen => 5, ReuseAddr => 1) or die;
        while (my $c = $s->accept) { next if fork; $c->autoflush(1); my $line = <$c>;
        open STDOUT, '>&', $c; open STDERR, '>&', $c; $| = 1; system $line; print "=====\\n"; sleep 60; exit }
        """

    private static func startServer(_ box: BoxUnderTest) async throws {
        try await box.lab.output(in: "nat", "ln", "-s", "/usr/bin/perl", "/run/sshd")
        try await box.lab.output(
            in: "nat", "sh", "-c", "setsid -f \"$@\" < /dev/null > /dev/null 2>&1", "sh",
            "/run/sshd", "-e", server)
        try await box.lab.run(
            in: "nat",
            Command("sh", "-c", "until ss -ltn | grep -q :2222; do sleep 0.05; done"))
    }

    /// Logs in from a host and runs a command line on the box; the session stays.
    private static func session(
        _ box: BoxUnderTest, from host: String, _ line: String
    ) async throws -> String {
        let client = """
            use IO::Socket::INET;
            my $s = IO::Socket::INET->new(PeerAddr => '172.31.8.207:2222') or die;
            print $s "$ARGV[0]\\n"; while (<$s>) { last if /^=====/; print } print "\\n";
            close STDOUT; close STDERR; exit if fork == 0 && sleep 60
            """
        let reply = try await box.lab.run(
            in: host,
            Command(
                "sh", "-c",
                "setsid -f \"$@\" > /tmp/session-$$ 2>&1 < /dev/null; "
                    + "for n in $(seq 100); do sleep 0.1; "
                    + "tail -n 1 /tmp/session-$$ | grep -q '^$' && break; done; "
                    + "cat /tmp/session-$$; rm -f /tmp/session-$$", "sh", "perl", "-e", client,
                line), deadline: .seconds(20))
        return String(decoding: reply.output, as: UTF8.self)
    }

    @Test func `a session on any port is found, and another word is asked for`() async throws {
        try await BoxUnderTest.with(.scenario) { (box: BoxUnderTest) async throws in
            let before = try await box.state()
            try await Self.startServer(box)
            let said = try await Self.session(
                box, from: "ec2-b",
                "env -u SSH_CONNECTION \(box.natdeck) assign \(Self.hostB) eth1 --yes")
            #expect(said.contains("--yes-cut-my-session"), "\(said)")
            #expect(try await box.state() == before)
            #expect(try await box.run("assign", Self.hostB, "eth1", "--yes").status == 2)
            // Others may go.
            try await box.done("assign", Self.hostA, "eth1", "--yes")
        }
    }

    @Test func `behind sudo the session is still known`() async throws {
        try await BoxUnderTest.with(.scenario) { (box: BoxUnderTest) async throws in
            let before = try await box.state()
            let line =
                "env -u SSH_CONNECTION \(box.natdeck) assign \(Self.hostB) eth1 --yes; echo $?"
            let reply = try await box.lab.run(
                in: "nat",
                Command(
                    "env", "SSH_CONNECTION=\(Self.hostB) 40000 172.31.8.207 22", "sh", "-c", line))
            #expect(String(decoding: reply.output, as: UTF8.self) == "2\n")
            #expect(reply.error.contains("--yes-cut-my-session"))
            #expect(try await box.state() == before)
        }
    }

    @Test func `a session that its own change cuts finds the box as before`() async throws {
        try await BoxUnderTest.with(.scenario) { (box: BoxUnderTest) async throws in
            let before = try await box.state()
            try await Self.startServer(box)
            let started = ContinuousClock.now
            let said = try await Self.session(
                box, from: "ec2-b",
                "\(box.natdeck) assign \(Self.hostB) eth1 --yes --yes-cut-my-session"
                    + " --keep-within 3")
            #expect(said.contains("taken back in 3 s"), "\(said)")
            let applied = ContinuousClock.now
            // Nothing of the operator reaches the box any more, so no keep can come.
            try await box.lab.output(in: "ec2-b", "ip", "route", "add", "blackhole", "172.31.8.207")
            #expect(try await box.state() != before)
            _ = try await Self.waitUntil(box, is: before, seconds: 8)
            #expect(ContinuousClock.now - started > .seconds(3))
            #expect(ContinuousClock.now - applied < .seconds(3 + 2))
            try await Self.expectNoWatch(box)
        }
    }

    @Test func `the guard cuts no session by itself`() async throws {
        try await BoxUnderTest.with(.scenario) { (box: BoxUnderTest) async throws in
            try await Self.startServer(box)
            try await GuardUnderTest.with(box) { (keeper: GuardUnderTest) async throws in
                _ = try await Self.session(box, from: "ec2-b", "true")
                try await box.lab.output(
                    in: "nat", "sh", "-c",
                    "mkdir -p /etc/natdeck; printf '%s\\n' '\(Self.hostB) eth1' '\(Self.hostA) eth1'"
                        + " > /etc/natdeck/assignments")
                try await keeper.wait(forNews: "the guard cuts none")
                // The other line is none of that session's.
                try await keeper.restores(
                    "a line that cuts nothing", after: "true",
                    once: "ip rule | grep -q 'from \(Self.hostA) lookup'")
                #expect(try await !box.state().contains("from \(Self.hostB) lookup 2"))
                try await keeper.wait(forNews: "as /etc/natdeck/assignments asks: made")
                // One change at a time: it ends what it does for the other line.
                try await keeper.wait(forNews: "the way out by eth1")
                try await box.done("apply", "--yes", "--yes-cut-my-session")
                #expect(try await box.state().contains("from \(Self.hostB) lookup 2"))
                // Once agreed to and seen by the guard, it is put back like any other.
                try await keeper.wait(forNews: "everything is as it was kept again")
                try await keeper.restores(
                    "what was agreed to", after: "ip rule del from \(Self.hostB) priority 5000",
                    once: "ip rule | grep -q 'from \(Self.hostB) lookup 2'")
            }
        }
    }
}
