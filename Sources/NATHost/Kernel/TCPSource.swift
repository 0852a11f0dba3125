public import NATModel
public import NATParse

/// Tells the TCP connections that the box itself has.
public protocol TCPSource: Sendable {
    /// The established ones over IPv4.
    func established() async -> Reading<[TCPSocket]>
}

/// The kernel's files, which every kernel has.
struct TCPFiles: TCPSource {
    let files: any HostFiles

    func established() async -> Reading<[TCPSocket]> {
        var sockets: [TCPSocket] = []
        for path in TCPFile.paths {
            do throws(ReadFailure) {
                // A kernel without IPv6 has no /proc/net/tcp6.
                guard let contents = try files.read(path) else { continue }
                do throws(ParseError) {
                    sockets += try TCPFile.established(contents)
                } catch {
                    return .failed(ReadFailure(path, error.description))
                }
            } catch {
                return .failed(error)
            }
        }
        return .value(sockets)
    }
}
