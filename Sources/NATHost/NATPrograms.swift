public import NATModel

#if canImport(Glibc)
    import Glibc
#endif

/// Which iptables programs the box has, the one it uses by default first.
public struct NATPrograms: Sendable {
    /// The backend each program writes, with the program's name.
    public let installed: @Sendable () -> [(backend: NATBackend, program: String)]

    /// The programs this says.
    public init(installed: @escaping @Sendable () -> [(backend: NATBackend, program: String)]) {
        self.installed = installed
    }

    /// The programs on the real box's PATH.
    ///
    /// `iptables` is a link by way of the alternatives to the one or the other; where it is
    /// neither (iptables before 1.8) it is the legacy one.
    public static func system(_ runner: SystemRunner) -> NATPrograms {
        NATPrograms {
            let named: [(NATBackend, String)] = [
                (.nfTables, "iptables-nft"), (.legacy, "iptables-legacy"),
            ].filter { runner.path(of: $0.1) != nil }
            guard let path = runner.path(of: "iptables") else { return named }
            let target = realpath(path, nil)
            defer { free(target) }
            let isNFT = target.map { String(cString: $0).contains("nft") } ?? false
            let backend: NATBackend = isNFT ? .nfTables : .legacy
            let program = named.first { $0.0 == backend }?.1 ?? "iptables"
            return [(backend, program)] + named.filter { $0.0 != backend }
        }
    }
}
