import NATModel
import NATParse

#if canImport(Glibc)
    import Glibc
#endif

/// Asks the kernel which chains of nftables there are.
///
/// nft(8) would tell the same, and take half as long as all other programs of a reading together.
enum NFTables {
    private static let object = "nftables"
    private static let netfilterProtocol: Int32 = 12

    /// The chains that iptables does not show.
    static func chains() -> Reading<[NFTChain]?> {
        let kind = Int32(SOCK_RAW.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        let descriptor = socket(AF_NETLINK, kind, netfilterProtocol)
        guard descriptor >= 0 else { return failure(errno) }
        defer { close(descriptor) }
        // The kernel answers at once; should it not, nobody waits for it.
        var patience = timeval(tv_sec: 1, tv_usec: 0)
        setsockopt(
            descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        let request = NFTChainsReply.request
        guard send(descriptor, request, request.count, 0) == request.count else {
            return failure(errno)
        }
        var chains: [NFTChain] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 15)
        while true {
            let count = recv(descriptor, &buffer, buffer.count, 0)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return failure(count == 0 ? EIO : errno) }
            do throws(ParseError) {
                let reply = try NFTChainsReply(buffer.prefix(count))
                chains += reply.chains
                if let number = reply.errorNumber { return failure(number) }
                if reply.isEnd { return .value(chains) }
            } catch {
                return .failed(ReadFailure(object, error.description))
            }
        }
    }

    private static func failure(_ number: Int32) -> Reading<[NFTChain]?> {
        // A kernel without nftables knows no such question.
        if [EINVAL, ENOENT, EOPNOTSUPP, EPROTONOSUPPORT, EAFNOSUPPORT].contains(number) {
            return .value(nil)
        }
        return .failed(
            ReadFailure(
                object, String(cString: strerror(number)),
                fix: number == EPERM ? "run it as root" : nil))
    }
}
