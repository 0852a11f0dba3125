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

/// The kernel by netlink, or its files where it does not tell them so: the module may not be there.
public struct KernelTCP: TCPSource {
    private let sockets: any NetlinkOpener
    private let files: TCPFiles
    private static let thread = WorkingThread("tcp")

    /// The kernel that these sockets speak with, and that these files are of.
    public init(
        _ sockets: any NetlinkOpener = KernelSockets(), files: any HostFiles = SystemFiles()
    ) {
        self.sockets = sockets
        self.files = TCPFiles(files: files)
    }

    /// Asks both families at once.
    public func established() async -> Reading<[TCPSocket]> {
        let told = await Self.thread.run { [sockets] _ -> [TCPSocket]? in
            do throws(NetlinkConversation.Failure) {
                var conversation = try NetlinkConversation(.sockets, sockets)
                return try conversation.gather(TCPReply()).sockets
            } catch {
                // Whatever stands against it, the files tell the same.
                return nil
            }
        }
        if let told { return .value(told) }
        return await files.established()
    }
}
