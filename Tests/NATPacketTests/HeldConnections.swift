import NATHost
import NATLab
import NATModel
import Testing

/// Connections that are held open, and asked over and over which address the outside sees.
struct HeldConnections {
    /// How many have got no answer any more.
    let lost: Int
    /// How many were seen by another address than when they began.
    let changed: Int
    /// The addresses that were seen.
    let seen: Set<String>

    /// Each connection asks in turn; one that is not answered in three seconds is lost.
    private static let program = """
        use IO::Socket::INET; use IO::Select; $SIG{PIPE} = 'IGNORE';
        my ($ip, $port, $count, $seconds, $silent) = @ARGV; my (@all, %seen); my ($lost, $changed) = (0, 0);
        for (1 .. $count) {
          push @all, { to => IO::Socket::INET->new(PeerAddr => "$ip:$port", Timeout => 5) // die $! };
        }
        my $end = time + $seconds; select(undef, undef, undef, $silent);
        while (time < $end) {
          for my $one (grep { $_->{to} } @all) {
            my ($to, $got) = ($one->{to}, '');
            syswrite($to, "GET / HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n");
            while (IO::Select->new($to)->can_read(3)) {
              last unless sysread($to, $got, 4096, length $got);
              last if $got =~ /\\r\\n\\r\\n[\\d.]+\\n$/;
            }
            if ($got =~ /\\r\\n\\r\\n([\\d.]+)\\n$/) {
              $seen{$1} = 1; $one->{as} //= $1; $changed++ if $one->{as} ne $1;
            } else { $lost++; $one->{to} = undef; }
            last if time > $end + 3;
          }
          select(undef, undef, undef, 0.1);
        }
        print "$lost $changed @{[sort keys %seen]}\\n";
        """

    /// Holds connections of a machine open for a while, and does something meanwhile.
    ///
    /// - Parameter silent: the seconds in which they stand and nothing goes by them.
    static func held(
        _ count: Int, from machine: String, in box: BoxUnderTest, seconds: Int,
        to address: String = Topology.internet.description, port: Int = 80, silent: Int = 0,
        while deed: () async throws -> Void
    ) async throws -> HeldConnections {
        let lab = box.lab
        let command = Command(
            "perl", "-e", program, address, "\(port)", "\(count)", "\(seconds)", "\(silent)")
        async let told: CommandReply = lab.run(
            in: machine, command, deadline: .seconds(seconds + 30))
        do {
            // All of them stand by then.
            try await Task.sleep(for: .seconds(1.5))
            try await deed()
        } catch {
            _ = try await told
            throw error
        }
        let reply = try await told
        let words = String(decoding: reply.output, as: UTF8.self).split(separator: " ").map {
            String($0).strippedOfControls
        }
        #expect(reply.status == 0, "\(reply.error)")
        return HeldConnections(
            lost: try #require(words.first.flatMap { Int($0) }),
            changed: try #require(words.dropFirst().first.flatMap { Int($0) }),
            seen: Set(words.dropFirst(2)))
    }
}

extension BoxUnderTest {
    /// Has host B load a long page while something happens; all of it must come.
    func downloaded(_ bytes: Int, while deed: () async throws -> Void) async throws {
        let lab = lab
        let curl = Command(
            "curl", "-s", "-m", "50", "--limit-rate", "3M", "-o", "/dev/null", "-w",
            "%{size_download}", "http://\(Topology.internet)/bytes/\(bytes)")
        async let download: CommandReply = lab.run(in: "ec2-b", curl, deadline: .seconds(60))
        do { try await deed() } catch {
            _ = try await download
            throw error
        }
        let reply = try await download
        #expect(reply.status == 0)
        #expect(String(decoding: reply.output, as: UTF8.self) == "\(bytes)")
    }
}
