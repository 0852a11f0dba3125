import Glibc
import NATHost
import NATModel
import NATParse
import NATTesting
import Testing

/// The box's own TCP connections, as the kernel tells them.
@Suite(.enabled(if: TestNamespace.complaint == nil, "needs root"))
struct TCPSourceTests {
    /// Both ends of two connections on the loopback, one of them to a listener on `::`.
    private static func connections() -> [Int32] {
        [AF_INET, AF_INET6].flatMap { family -> [Int32] in
            let listener = socket(family, Int32(SOCK_STREAM.rawValue), 0)
            var own = sockaddr_in6()
            own.sin6_family = sa_family_t(family)
            var length = socklen_t(
                family == AF_INET
                    ? MemoryLayout<sockaddr_in>.size : MemoryLayout<sockaddr_in6>.size)
            let port = withUnsafeMutableBytes(of: &own) { bytes -> UInt16 in
                guard let address = bytes.assumingMemoryBound(to: sockaddr.self).baseAddress,
                    bind(listener, address, length) == 0, listen(listener, 1) == 0,
                    getsockname(listener, address, &length) == 0
                else { return 0 }
                return bytes.loadUnaligned(fromByteOffset: 2, as: UInt16.self)
            }
            let peer = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            var target = sockaddr_in()
            target.sin_family = sa_family_t(AF_INET)
            target.sin_port = port
            target.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
            let isThere = withUnsafeMutableBytes(of: &target) { bytes in
                bytes.assumingMemoryBound(to: sockaddr.self).baseAddress.map {
                    connect(peer, $0, socklen_t(bytes.count)) == 0
                } ?? false
            }
            let accepted = isThere ? accept(listener, nil, nil) : -1
            return [listener, peer, accepted]
        }
    }

    /// What the kernel's files say, as a thread of the namespace reads them.
    private static func files(_ namespace: TestNamespace) throws -> Set<TCPSocket> {
        let texts = namespace.inside {
            TCPFile.paths.map { path in
                let path = path.replacing("/proc/", with: "/proc/thread-self/")
                return (try? SystemFiles().read(path)) ?? []
            }
        }
        return Set(try texts.flatMap { try TCPFile.established($0) })
    }

    @Test func `the kernel tells the same connections as its files`() async throws {
        let namespace = try TestNamespace()
        try await namespace.ip("link set lo up")
        let ends = namespace.inside { Self.connections() }
        defer { for end in ends { close(end) } }
        try #require(ends.allSatisfy { $0 >= 0 })
        let told = await KernelTCP(namespace).established()
        let sockets = Set(try #require(told.value))
        #expect(sockets.count == 4)
        #expect(sockets.allSatisfy { $0.peer == IPv4Address("127.0.0.1") })
        #expect(sockets == (try Self.files(namespace)))
    }

    @Test func `where the kernel does not tell, its files do`() async throws {
        var box = FakeBox.scenario
        box.files["/proc/net/tcp"] =
            Self.heading + Self.row("CF081FAC:0016 0A0000CB:C350 01", 4711)
            + Self.row("00000000:0016 00000000:0000 0A", 12)
        box.files["/proc/net/tcp6"] =
            Self.heading
            + Self.row(
                "0000000000000000FFFF0000CF081FAC:08AE"
                    + " 0000000000000000FFFF00000B0000CB:C351 01", 4712)
        let refusal = ScriptedSockets([.error(ENOENT)])
        let told = await KernelTCP(refusal, files: FakeHost(box)).established()
        #expect(
            told.value?.map { "\($0.peer):\($0.peerPort) \($0.port) \($0.inode)" }
                == ["203.0.0.10:50000 22 4711", "203.0.0.11:50001 2222 4712"])
    }

    private static let heading = "  sl  local_address rem_address   st\n"

    private static func row(_ ends: String, _ inode: Int) -> String {
        "   0: \(ends) 00000000:00000000 00:00000000 00000000     0        0 \(inode) 1\n"
    }
}
