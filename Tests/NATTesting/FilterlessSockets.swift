import Glibc
import NATHost
import NATParse

/// A kernel of before 5.8, which refuses what it does not know.
package struct FilterlessSockets: NetlinkOpener {
    private let namespace: TestNamespace

    /// The kernel of this namespace, grown old.
    package init(of namespace: TestNamespace) { self.namespace = namespace }

    package func open(_ family: NetlinkFamily) throws(KernelError) -> any NetlinkSocket {
        Socket(real: try namespace.open(family))
    }

    private struct Socket: NetlinkSocket {
        let real: any NetlinkSocket

        func send(_ messages: [UInt8]) throws(KernelError) {
            // Longer than nlmsghdr and nfgenmsg: there is an attribute in it.
            if messages.count > 20 { throw KernelError(EINVAL) }
            try real.send(messages)
        }

        func receive(
            into buffer: UnsafeMutableRawBufferPointer
        ) throws(KernelError) -> (count: Int, sender: UInt32) {
            try real.receive(into: buffer)
        }
    }
}
