import NATHost
import NATLab
import NATModel
import Testing

/// A connection that another one has announced, as TFTP's data (RFC 1350) and FTP's, goes the way of
/// that one.
extension PacketTests {
    /// Answers one request from a port of its own, block by block; says who asked and who went on.
    private static let server = """
        use IO::Socket::INET; use IO::Select; $| = 1;
        my $asked = IO::Socket::INET->new(Proto => 'udp', LocalPort => 69) // die $!;
        print "ready\\n"; $asked->recv(my $request, 512) // die $!;
        my %seen = ($asked->peerhost => 1);
        my $data = IO::Socket::INET->new(
          Proto => 'udp', PeerAddr => $asked->peerhost, PeerPort => $asked->peerport) // die $!;
        my $done = 0;
        BLOCK: for my $block (1 .. 30) {
          for (1 .. 5) {
            send($data, pack('nna*', 3, $block, 'x' x 512), 0);
            next unless IO::Select->new($data)->can_read(0.5);
            $data->recv(my $answer, 512) // next; $seen{$data->peerhost} = 1;
            if ((unpack('nn', $answer))[1] == $block) { $done++; last; }
          }
          select(undef, undef, undef, 0.2);
        }
        print "$done @{[sort keys %seen]}\\n";
        """

    /// Asks from one port, and acknowledges each block to whoever sends it.
    private static let client = """
        use IO::Socket::INET; use IO::Select;
        my $own = IO::Socket::INET->new(Proto => 'udp') // die $!;
        my $to = sockaddr_in(69, inet_aton($ARGV[0]));
        send($own, pack('na*', 1, "file\\0octet\\0"), 0, $to) // die $!;
        while (IO::Select->new($own)->can_read(4)) {
          my $from = recv($own, my $block, 1024, 0) // last;
          send($own, pack('nn', 4, (unpack('nn', $block))[1]), 0, $from);
        }
        """

    @Test(arguments: ["rules", "map"])
    func `what a connection has announced goes on by its egress while the host moves`(
        method: String
    ) async throws {
        try await BoxUnderTest.with(.scenario) { (box: BoxUnderTest) async throws in
            try await box.steer(by: method)
            try await box.lab.output(
                in: "nat", "iptables", "-t", "raw", "-A", "PREROUTING", "-p", "udp", "--dport",
                "69",
                "-j", "CT", "--helper", "tftp")
            try await box.done("assign", Self.hostB, "eth1", "--yes")
            let lab = box.lab
            async let served: CommandReply = lab.run(
                in: "internet", Command("timeout", "25", "perl", "-e", Self.server),
                deadline: .seconds(30))
            async let loaded: CommandReply = lab.run(
                in: "ec2-b",
                Command(
                    "sh", "-c", "sleep 1; perl -e \"$0\" $1", Self.client, "\(Topology.internet)"),
                deadline: .seconds(30))
            do {
                try await Task.sleep(for: .seconds(2.5))
                let told = try await lab.output(in: "nat", "conntrack", "-L", "-p", "udp")
                #expect(told.contains(" helper=tftp"), "\(told)")
                try await box.done("assign", Self.hostB, "eth0", "--yes")
                #expect(try await lab.seenAs("ec2-b") == Self.first)
                try await box.done("release", Self.hostB, "--yes")
            } catch {
                _ = try await (served, loaded)
                throw error
            }
            _ = try await loaded
            let told = String(decoding: try await served.output, as: UTF8.self)
            #expect(told == "ready\n30 \(Self.second)\n")
        }
    }
}
