import NATModel
import NATParse

#if canImport(Glibc)
    import Glibc
#endif

/// Finds where the box's SSH sessions come from, whichever port the server listens on and also
/// where sudo took SSH_CONNECTION away.
struct SSHPeersReader: PartReader {
    let files: any HostFiles
    let conntrack: any ConntrackSource
    let tcp: any TCPSource

    /// The names of servers, as `/proc/PID/stat` has them.
    private static let servers: Set = [
        "sshd", "sshd-session", "sshd-auth", "dropbear", "tinysshd", "lshd",
    ]
    /// Counts whoever serves it: the sockets of other users' servers cannot be told without root.
    private static let port = 22

    let part = SnapshotPart.sshPeers

    func read(into snapshot: inout Snapshot) async { snapshot.sshPeers = await peers() }

    private func peers() async -> Reading<[IPv4Address]> {
        let servers: Set<Int>
        do throws(ReadFailure) { servers = try serverSockets() } catch { return .failed(error) }
        let sessions: [TCPSocket]
        switch await tcp.established() {
        case .failed(let failure): return .failed(failure)
        case .value(let sockets):
            sessions = sockets.filter { $0.port == Self.port || servers.contains($0.inode) }
        }
        var peers = Set(sessions.map(\.peer))
        if let own = Operator(files: files).sshPeer { peers.insert(own) }
        peers.formUnion(await hosts(behind: sessions))
        return .value(peers.sorted())
    }

    /// The hosts behind the box whose sessions come back to it from outside: to one of its public
    /// addresses, which the box itself translated on the way out, or by a host outside that the box
    /// sees the session come from.
    ///
    /// Such a session is cut when its host moves, and its peer tells nothing of it.
    private func hosts(behind sessions: [TCPSocket]) async -> [IPv4Address] {
        guard !sessions.isEmpty else { return [] }
        let ports = Set(sessions.map(\.port))
        let returning = Set(sessions.map { [$0.peerPort, $0.port] })
        let peers = Set(sessions.map(\.peer))
        let add: @Sendable (inout Set<IPv4Address>, ConntrackFlow) -> Void = { hosts, flow in
            let port = flow.original.destinationPort
            guard flow.isSourceTranslated, flow.isLive, ports.contains(Int(port)),
                flow.isOverTCP(to: port),
                returning.contains([Int(flow.reply.destinationPort), Int(port)])
                    || peers.contains(flow.original.destination)
            else { return }
            hosts.insert(flow.original.source)
        }
        let none: Set<IPv4Address> = []
        // What a server forwards comes by ports of its own: then all are gone through, once.
        let only = ports.count == 1 ? ports.first.flatMap { UInt16(exactly: $0) } : nil
        let found =
            if let only {
                await conntrack.total(none, toTCPPort: only, add)
            } else {
                await conntrack.total(none, add)
            }
        // A kernel that follows no flows translates none.
        return (found.value ?? []).sorted()
    }

    /// The sockets that SSH servers have open, by inode.
    ///
    /// Source: `/proc/PID/fd`, see proc_pid_fd(5): `socket:[INODE]`.
    ///
    /// - Throws: where those of a server cannot be read: sessions on any port but 22 would not be
    ///   seen, and be cut without a word.
    private func serverSockets() throws(ReadFailure) -> Set<Int> {
        var sockets: Set<Int> = []
        for process in try files.list("/proc") ?? [] {
            // A process may end at any time, and is no server then.
            guard process.utf8.allSatisfy({ (48...57).contains($0) }),
                case .some(.some(let bytes)) = try? files.read("/proc/\(process)/stat"),
                let file = try? ProcessFile.parse(bytes), Self.servers.contains(file.name)
            else { continue }
            let folder = "/proc/\(process)/fd"
            let numbers: [String]
            do throws(ReadFailure) { numbers = try files.list(folder) ?? [] } catch {
                // Whoever is not root changes nothing, so nothing of theirs is cut.
                if geteuid() != 0 { continue }
                throw error
            }
            for number in numbers {
                guard let target = files.link("\(folder)/\(number)"),
                    target.hasPrefix("socket:[")
                else { continue }
                if let inode = Int(target.dropFirst(8).dropLast()) { sockets.insert(inode) }
            }
        }
        return sockets
    }
}
