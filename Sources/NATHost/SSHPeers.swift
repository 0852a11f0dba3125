import NATModel
import NATParse

/// Finds where the box's SSH sessions come from, also where sudo took SSH_CONNECTION away.
struct SSHPeers: Sendable {
    let files: any HostFiles

    func read() -> Reading<[IPv4Address]> {
        var peers: Set<IPv4Address> = []
        if let own = Operator.sshPeer { peers.insert(own) }
        for path in TCPFile.paths {
            do throws(ReadFailure) {
                // A kernel without IPv6 has no /proc/net/tcp6.
                guard let contents = try files.read(path) else { continue }
                do throws(ParseError) {
                    peers.formUnion(try TCPFile.peers(contents, ofPort: 22))
                } catch {
                    return .failed(ReadFailure(path, error.description))
                }
            } catch {
                return .failed(error)
            }
        }
        return .value(peers.sorted())
    }
}
