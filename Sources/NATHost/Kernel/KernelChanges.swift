import Dispatch
public import NATModel
import NATParse

#if canImport(Glibc)
    import Glibc
#endif

/// Listens to what the kernel announces: links, addresses, routes and policy rules.
///
/// Source: rtnetlink(7), the multicast groups behind `ip monitor`. A socket of our own leaves no
/// child behind when natdeck is killed.
public final class KernelChanges {
    private let source: any DispatchSourceRead

    private static let groups: UInt32 = 0x1 | 0x10 | 0x40 | 0x80
    private static let routeProtocol: Int32 = 0

    /// Calls `onChange` on a queue of its own, once for all that came together, with the events
    /// that tell who may be behind a change.
    ///
    /// - Returns: `nil` where the kernel gives no such socket; then nothing is announced.
    public init?(onChange: @escaping @Sendable ([KernelEvent]) -> Void) {
        let kind =
            Int32(SOCK_RAW.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
            | Int32(SOCK_NONBLOCK.rawValue)
        let descriptor = socket(AF_NETLINK, kind, Self.routeProtocol)
        guard descriptor >= 0 else { return nil }
        // sockaddr_nl: family, padding, port 0 for the kernel to choose, groups.
        let address: [UInt32] = [UInt32(AF_NETLINK), 0, Self.groups]
        let isBound = address.withUnsafeBytes { bytes in
            bytes.withMemoryRebound(to: sockaddr.self) { address in
                address.baseAddress.map {
                    bind(descriptor, $0, socklen_t(bytes.count)) == 0
                } ?? false
            }
        }
        guard isBound else {
            close(descriptor)
            return nil
        }
        source = DispatchSource.makeReadSource(
            fileDescriptor: descriptor, queue: DispatchQueue(label: "natdeck.kernel-changes"))
        source.setEventHandler {
            onChange(Self.drain(descriptor))
        }
        source.setCancelHandler { close(descriptor) }
        source.activate()
    }

    deinit { source.cancel() }

    /// The state is not taken from here: the reader asks for the whole, also where the kernel had
    /// to drop announcements (ENOBUFS).
    private static func drain(_ descriptor: Int32) -> [KernelEvent] {
        var buffer = [UInt8](repeating: 0, count: 1 << 15)
        var events: [KernelEvent] = []
        while true {
            let count = recv(descriptor, &buffer, buffer.count, 0)
            if count > 0 {
                events += buffer.prefix(count).withUnsafeBytes { KernelEventReply.parse($0) }
            } else if count == 0 || (errno != ENOBUFS && errno != EINTR) {
                return events
            }
        }
    }
}
