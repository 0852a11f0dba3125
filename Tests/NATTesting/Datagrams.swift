import Glibc
import NATModel

/// Small UDP packets that are sent in one network namespace and received in another.
package final class Datagrams: Sendable {
    private let descriptor: Int32

    /// Receives on this port of all addresses.
    package init(in namespace: TestNamespace, port: UInt16) {
        descriptor = namespace.inside {
            let descriptor = Self.socket(bound: 0, port: port)
            // Where nothing has come for so long, nothing more will: the way is one kernel long.
            var patience = timeval(tv_sec: 0, tv_usec: 80_000)
            setsockopt(
                descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience,
                socklen_t(MemoryLayout<timeval>.size))
            return descriptor
        }
        precondition(descriptor >= 0, "no socket")
    }

    deinit { close(descriptor) }

    /// Sends a packet of one byte, its number, from each of these addresses to the other one.
    ///
    /// - Parameter first: the port that the first one is from; each is from one of its own, so that
    ///   none belongs to a connection of a packet before.
    package static func send(
        _ ways: [(from: String, to: String)], fromPort first: Int, port: UInt16,
        from namespace: TestNamespace
    ) {
        let ways = ways.map { (inet_addr($0.from), inet_addr($0.to)) }
        namespace.inside {
            for (number, way) in ways.enumerated() {
                let descriptor = socket(
                    bound: way.0, port: UInt16(20_000 + (first + number) % 40_000))
                var address = Self.address(way.1, port)
                var payload = UInt8(number)
                let sent = withUnsafePointer(to: &address) { pointer in
                    pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                        sendto(
                            descriptor, &payload, 1, 0, $0,
                            socklen_t(MemoryLayout<sockaddr_in>.size))
                    }
                }
                precondition(sent == 1, "not sent")
                close(descriptor)
            }
        }
    }

    /// Who the packets that have come were from, by their numbers.
    package func received() -> [UInt8: IPv4Address] {
        var seen: [UInt8: IPv4Address] = [:]
        while true {
            var number: UInt8 = 0
            var from = sockaddr_in()
            var length = socklen_t(MemoryLayout<sockaddr_in>.size)
            let count = withUnsafeMutablePointer(to: &from) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    recvfrom(descriptor, &number, 1, 0, $0, &length)
                }
            }
            guard count == 1 else { return seen }
            seen[number] = IPv4Address(rawValue: UInt32(bigEndian: from.sin_addr.s_addr))
        }
    }

    private static func socket(bound source: in_addr_t, port: UInt16) -> Int32 {
        let descriptor = Glibc.socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0)
        var address = Self.address(source, port)
        let status = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        precondition(status == 0, "not bound")
        return descriptor
    }

    private static func address(_ address: in_addr_t, _ port: UInt16) -> sockaddr_in {
        sockaddr_in(
            sin_family: sa_family_t(AF_INET), sin_port: port.bigEndian,
            sin_addr: in_addr(s_addr: address), sin_zero: (0, 0, 0, 0, 0, 0, 0, 0))
    }
}
