import NATModel
import SystemPackage

extension FilePath {
    /// The file of a path that may hold the name of an interface: `/proc/sys/net/ipv4/conf/NAME`.
    init(ofKernel path: String) {
        let bytes = KernelName.bytes(path).map { CChar(bitPattern: $0) }
        self.init(platformString: bytes + [0])
    }
}
