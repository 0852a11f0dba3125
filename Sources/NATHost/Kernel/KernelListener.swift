import NATModel
import NATParse

#if canImport(Glibc)
    import Glibc
#endif

/// A socket that hears what the kernel announces to some groups.
struct KernelListener: Sendable {
    let descriptor: Int32

    /// `nil` where the kernel gives no such socket.
    init?(_ family: NetlinkFamily, _ groups: UInt32) {
        let kind =
            Int32(SOCK_RAW.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
            | Int32(SOCK_NONBLOCK.rawValue)
        let descriptor = socket(AF_NETLINK, kind, family.rawValue)
        guard descriptor >= 0 else { return nil }
        // sockaddr_nl: family, padding, port 0 for the kernel to choose, groups.
        let address: [UInt32] = [UInt32(AF_NETLINK), 0, groups]
        let isBound = address.withUnsafeBytes { bytes in
            bytes.withMemoryRebound(to: sockaddr.self) { address in
                address.baseAddress.map {
                    bind(descriptor, $0, socklen_t(bytes.count)) == 0
                } ?? false
            }
        }
        guard isBound else {
            Glibc.close(descriptor)
            return nil
        }
        self.descriptor = descriptor
    }

    func close() { Glibc.close(descriptor) }

    private static let mostDatagrams = 64

    /// What has come, of very much a part. Where the kernel had to drop announcements (ENOBUFS) it says so once.
    func drain(_ parse: (UnsafeRawBufferPointer) -> [KernelEvent]) -> [KernelEvent] {
        var events: [KernelEvent] = []
        withUnsafeTemporaryAllocation(byteCount: 1 << 15, alignment: 4) { buffer in
            for _ in 0..<Self.mostDatagrams {
                // Of what others may send to this socket nothing is believed.
                var sender: (UInt32, UInt32, UInt32) = (0, 0, 0)
                var length = socklen_t(MemoryLayout.size(ofValue: sender))
                let count = withUnsafeMutableBytes(of: &sender) { bytes in
                    recvfrom(
                        descriptor, buffer.baseAddress, buffer.count, 0,
                        bytes.assumingMemoryBound(to: sockaddr.self).baseAddress, &length)
                }
                if count > 0 {
                    guard sender.1 == 0 else { continue }
                    events += parse(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
                } else if count < 0, errno == ENOBUFS {
                    events.append(.missed)
                } else if count == 0 || errno != EINTR {
                    return
                }
            }
        }
        return events
    }
}
