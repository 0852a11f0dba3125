public import NATModel

#if canImport(Glibc)
    import Glibc
#endif

/// Which iptables programs the box has, the one it uses by default first, and what translates
/// beside them.
public struct NATPrograms: Sendable {
    /// The backend each program writes, with the program's name.
    public let installed: @Sendable () -> [(backend: NATBackend, program: String)]

    /// The chains of nftables that these do not show; `.value(nil)` where nothing makes any.
    public let otherChains: @Sendable () async -> Reading<[NFTChain]?>

    /// The programs and chains that these say.
    public init(
        installed: @escaping @Sendable () -> [(backend: NATBackend, program: String)],
        otherChains: @escaping @Sendable () async -> Reading<[NFTChain]?> = { .value(nil) }
    ) {
        self.installed = installed
        self.otherChains = otherChains
    }

    /// The programs on the real box's PATH.
    ///
    /// `iptables` is a link by way of the alternatives to the one or the other; where it is
    /// neither (iptables before 1.8) it is the legacy one.
    public static func system(_ runner: SystemRunner) -> NATPrograms {
        let installed: @Sendable () -> [(backend: NATBackend, program: String)] = {
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
        return NATPrograms(installed: installed) {
            // To ask is to load the kernel's module: not where only the legacy backend is used.
            ["nft", "iptables-nft"].contains { runner.path(of: $0) != nil }
                ? await NFTables.chains() : .value(nil)
        }
    }
}
