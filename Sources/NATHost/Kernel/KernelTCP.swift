public import NATModel
public import NATParse

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
