import NATModel

/// `/proc/net/tcp` and `/proc/net/tcp6`: the TCP sockets of the box. See proc(5).
public enum TCPFile {
    /// The files' paths.
    public static let paths = ["/proc/net/tcp", "/proc/net/tcp6"]

    /// The established connections over IPv4.
    ///
    /// A listener on `::` sees IPv4 peers as `::ffff:a.b.c.d` (RFC 4291); these count.
    public static func established(_ contents: [UInt8]) throws(ParseError) -> [TCPSocket] {
        var sockets: [TCPSocket] = []
        let text = String(decoding: contents, as: UTF8.self)
        for line in text.split(separator: "\n").dropFirst() {
            let fields = line.split(separator: " ")
            guard fields.count > 9, let local = Endpoint(fields[1]),
                let remote = Endpoint(fields[2]), let inode = Int(fields[9])
            else { throw ParseError("not a socket", in: line) }
            // 01 is TCP_ESTABLISHED.
            guard fields[3] == "01", let address = remote.address else { continue }
            sockets.append(
                TCPSocket(
                    peer: address, peerPort: remote.port, port: local.port, inode: inode))
        }
        return sockets
    }

    /// `CF081FAC:0016`: the address in the machine's byte order, the port in hexadecimal.
    private struct Endpoint {
        var address: IPv4Address?
        var port: Int

        init?(_ field: Substring) {
            let parts = field.split(separator: ":")
            guard parts.count == 2, let port = Int(parts[1], radix: 16) else { return nil }
            self.port = port
            let digits = parts[0]
            switch digits.utf8.count {
            case 8: address = Self.word(digits)
            // Four words; an IPv4 peer has 0, 0 and ffff before its own.
            case 32 where digits.hasPrefix("0000000000000000FFFF0000"):
                address = Self.word(digits.suffix(8))
            case 32: address = nil
            default: return nil
            }
        }

        private static func word(_ digits: Substring) -> IPv4Address? {
            UInt32(digits, radix: 16).map { IPv4Address(rawValue: UInt32(bigEndian: $0)) }
        }
    }
}
