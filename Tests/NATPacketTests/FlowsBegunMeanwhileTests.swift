import NATHost
import NATLab
import NATModel
import Testing

/// Connections that begin while their host moves, of which there may be a thousand in a second.
extension PacketTests {
    /// Begins a connection each half of a millisecond and sends twenty packets in each, with its number.
    private static let sender = """
        use IO::Socket::INET; use Time::HiRes qw(time sleep);
        my ($ip, $seconds) = @ARGV; my (@all, $count); my $end = time + $seconds;
        while (time < $end) {
          my $to = IO::Socket::INET->new(Proto => 'udp', PeerAddr => "$ip:9999") // die $!;
          send($to, ++$count, 0); push @all, [$to, time, 1, $count];
          my $now = time;
          for my $one (@all > 120 ? @all[-120 .. -1] : @all) {
            next unless $now - $one->[1] > 0.004 * $one->[2] && $one->[2] < 20;
            send($one->[0], $one->[3], 0); $one->[2]++;
          }
          shift @all while @all && $now - $all[0][1] > 0.2;
          sleep 0.0005;
        }
        """

    /// Says how many connections it has seen, and how many of them by two addresses.
    private static let receiver = """
        use IO::Socket::INET; use IO::Select; my %seen;
        my $own = IO::Socket::INET->new(Proto => 'udp', LocalPort => 9999) // die $!;
        setsockopt($own, SOL_SOCKET, 33, 1 << 24);
        while (IO::Select->new($own)->can_read(5)) {
          $own->recv(my $number, 64) // last; $seen{$number}{$own->peerhost} = 1;
        }
        print scalar(keys %seen), ' ', scalar(grep { keys %$_ > 1 } values %seen), "\\n";
        """

    @Test(arguments: ["rules", "map"])
    func `no connection that begins while its host moves changes its address`(
        method: String
    ) async throws {
        try await BoxUnderTest.with(.scenario) { (box: BoxUnderTest) async throws in
            try await box.steer(by: method)
            try await box.done("assign", Self.hostA, "eth1", "--yes")
            let lab = box.lab
            async let seen: CommandReply = lab.run(
                in: "internet", Command("perl", "-e", Self.receiver), deadline: .seconds(60))
            async let sent: CommandReply = lab.run(
                in: "ec2-b",
                Command("perl", "-e", Self.sender, Topology.internet.description, "16"),
                deadline: .seconds(60))
            do {
                try await Task.sleep(for: .seconds(1))
                for _ in 0..<3 {
                    try await box.done("assign", Self.hostB, "eth1", "--yes")
                    try await box.done("assign", Self.hostB, "eth0", "--yes")
                    try await box.done("release", Self.hostB, "--yes")
                    try await box.done("assign", Self.hostB, "eth1", "--yes")
                    try await box.done("undo", "--yes")
                }
                try await box.done("assign", Self.hostB, "eth1", "--yes")
                try await box.steer(by: method == "map" ? "rules" : "map")
                try await box.steer(by: method)
            } catch {
                _ = try await (seen, sent)
                throw error
            }
            #expect(try await sent.status == 0)
            let counts = String(decoding: try await seen.output, as: UTF8.self)
                .split(whereSeparator: \.isWhitespace).compactMap { Int($0) }
            #expect(counts.count == 2 && counts[0] > 1000, "\(counts)")
            #expect(counts.last == 0, "of \(counts)")
        }
    }
}
