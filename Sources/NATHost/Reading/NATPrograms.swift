public import NATModel
public import NATParse

#if canImport(Glibc)
    import Glibc
#endif

/// Which iptables programs the box has, the one it uses by default first, and what nftables holds
/// beside them.
public struct NATPrograms: Sendable {
    /// The backend each program writes, with the program's name.
    public let installed: @Sendable () -> [(backend: NATBackend, program: String)]

    /// The tables of nftables that hold such chains; `.value(nil)` where there is no nftables.
    public let nftables: @Sendable (NFTPart) async -> Reading<[NATRuleSet]?>

    /// The bits of marks that rules of nftables name; none where there is no nftables.
    public let markBits: @Sendable () async -> Reading<UInt32>

    /// The policies of IPsec, as tables of a filter; none where there are none.
    public let policies: @Sendable () async -> Reading<[NATRuleSet]>

    /// The filters of tc that may lose packets, as tables of a filter.
    public let trafficFilters: @Sendable () async -> Reading<[NATRuleSet]>

    /// Whether nft(8) is there, which writes rules of nftables.
    public let hasNFT: @Sendable () -> Bool

    /// The programs and tables that these say.
    public init(
        installed: @escaping @Sendable () -> [(backend: NATBackend, program: String)],
        nftables: @escaping @Sendable (NFTPart) async -> Reading<[NATRuleSet]?> = { _ in
            .value(nil)
        },
        markBits: @escaping @Sendable () async -> Reading<UInt32> = { .value(0) },
        policies: @escaping @Sendable () async -> Reading<[NATRuleSet]> = { .value([]) },
        trafficFilters: @escaping @Sendable () async -> Reading<[NATRuleSet]> = { .value([]) },
        hasNFT: @escaping @Sendable () -> Bool = { false }
    ) {
        self.installed = installed
        self.nftables = nftables
        self.markBits = markBits
        self.policies = policies
        self.trafficFilters = trafficFilters
        self.hasNFT = hasNFT
    }

    /// The programs on the real box's PATH, and the kernel that these sockets speak with.
    ///
    /// `iptables` is a link by way of the alternatives to the one or the other; where it is
    /// neither (iptables before 1.8) it is the legacy one.
    public static func system(
        _ runner: SystemRunner, _ sockets: any NetlinkOpener = KernelSockets()
    ) -> NATPrograms {
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
        // To ask is to load the kernel's module: not where only the legacy backend is used.
        let asks: @Sendable () -> Bool = {
            ["nft", "iptables-nft"].contains { runner.path(of: $0) != nil }
                || access("/sys/module/nf_tables", F_OK) == 0
        }
        return NATPrograms(
            installed: installed,
            nftables: { part in asks() ? await NFTables.read(part, sockets) : .value(nil) },
            markBits: { asks() ? await NFTables.markBits(sockets) : .value(0) },
            policies: { await KernelPolicies.read(sockets) },
            trafficFilters: { await KernelTrafficFilters.read(sockets) },
            hasNFT: { runner.path(of: "nft") != nil })
    }
}
