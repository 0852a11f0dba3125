/// The box as it was observed at one moment. Every part can be missing alone, with its reason.
public struct Snapshot: Hashable, Codable, Sendable {
    /// When reading began, in milliseconds since 1970-01-01 UTC.
    public var takenAtMilliseconds: Int64
    /// The box's name.
    public var hostName: String
    /// Its interfaces, by index.
    public var interfaces: Reading<[Interface]>
    /// Counters by interface name.
    public var counters: Reading<[String: InterfaceCounters]>
    /// Policy rules in the order of evaluation.
    public var rules: Reading<[RoutingPolicyRule]>
    /// The tables that a rule looks up and those natdeck made, by number.
    public var tables: Reading<[FIBTable]>
    /// The nat table of each backend present, and the tables of nftables that hold chains of type
    /// nat.
    public var nat: Reading<[NATRuleSet]>
    /// The state of nf_tables that ``nat`` was listed in, and nothing else holds any of it; `nil`
    /// where that is not so, or not known.
    public var natGeneration: UInt32?
    /// The tables with chains that forwarded packets pass, at the hook `forward`.
    public var forward: Reading<[NATRuleSet]>
    /// The bits of the marks of packets and connections that rules of nftables and the mangle table
    /// of iptables name.
    ///
    /// Read together with ``forward``.
    public var markBits: Reading<UInt32> = .failed(.unread)
    /// Kernel parameters by name, such as `net.ipv4.ip_forward`; one the kernel lacks is absent.
    public var sysctls: Reading<[String: Int]>
    /// The version of the kernel; `nil` where it could not be told.
    ///
    /// Read together with its parameters.
    public var kernel: KernelVersion?
    /// natdeck's own file of kernel parameters; `.value(nil)` where `setup` has not written it.
    public var sysctlFile: Reading<String?>
    /// What the cloud says, by hardware address; empty where there is no cloud.
    public var cloud: Reading<[CloudInterface]>
    /// What AWS is set up to do around the box; `.value(nil)` where it is in no AWS.
    ///
    /// It takes several calls of a program, so it is read where it is asked for alone.
    public var cloudSetup: Reading<CloudSetup?> = .failed(.unread)
    /// What the operator says of public addresses; `.value(nil)` where there is no such file.
    ///
    /// Read together with what the cloud tells, over which it wins.
    public var publicAddressFile: Reading<[ToldPublicAddress]?> = .failed(.unread)
    /// What the outside saw when it was asked; empty where nobody has asked.
    public var probed: Reading<[ProbedAddress]> = .failed(.unread)
    /// Hosts on the links.
    public var neighbours: Reading<[Neighbour]>
    /// The change that was begun and is neither kept nor taken back; `.value(nil)` for none.
    public var pending: Reading<PendingChange?>
    /// Where the SSH sessions of the box come from.
    public var sshPeers: Reading<[IPv4Address]>
    /// The assignments as they were kept, in the file's order; `.value(nil)` where there is no file.
    public var saved: Reading<[SavedAssignment]?>
    /// What the names in that file stand for; empty where nothing was ever followed.
    public var names: Reading<[FollowedName]> = .failed(.unread)
    /// What the flows that the kernel follows add up to.
    public var flows: Reading<FlowTotals> = .failed(.unread)
    /// How full the kernel's table of flows is.
    public var conntrack: Reading<ConntrackCounters> = .failed(.unread)
    /// What keeps sources from leaving by another interface; `.value(nil)` where nothing does.
    ///
    /// Read together with the assignments, which it follows.
    public var gate: Reading<Gate?> = .failed(.unread)
    /// What else is on the box that helps changes to stay, or undoes them.
    public var environment: Environment

    /// A snapshot of these parts.
    public init(
        takenAtMilliseconds: Int64, hostName: String, interfaces: Reading<[Interface]>,
        counters: Reading<[String: InterfaceCounters]>, rules: Reading<[RoutingPolicyRule]>,
        tables: Reading<[FIBTable]>, nat: Reading<[NATRuleSet]>, sysctls: Reading<[String: Int]>,
        sysctlFile: Reading<String?>, cloud: Reading<[CloudInterface]>,
        neighbours: Reading<[Neighbour]>, pending: Reading<PendingChange?> = .failed(.unread),
        sshPeers: Reading<[IPv4Address]> = .failed(.unread),
        saved: Reading<[SavedAssignment]?> = .failed(.unread),
        forward: Reading<[NATRuleSet]> = .failed(.unread),
        environment: Environment = .failed(.unread)
    ) {
        self.takenAtMilliseconds = takenAtMilliseconds
        self.hostName = hostName
        self.interfaces = interfaces
        self.counters = counters
        self.rules = rules
        self.tables = tables
        self.nat = nat
        self.forward = forward
        self.sysctls = sysctls
        self.sysctlFile = sysctlFile
        self.cloud = cloud
        self.neighbours = neighbours
        self.pending = pending
        self.sshPeers = sshPeers
        self.saved = saved
        self.environment = environment
    }

    /// The number of the table with this id, or `nil`.
    public func table(_ id: Int) -> FIBTable? { tables.value?.first { $0.id == id } }

    /// The interface of that name; `nil` where there is none or interfaces could not be read.
    public func interface(_ name: String) -> Interface? {
        interfaces.value?.first { $0.name == name }
    }

    /// The kernel parameter of that name; `nil` where it is missing or could not be read.
    public func sysctl(_ name: String) -> Int? { sysctls.value?[name] }

    /// What the cloud says of this interface; `nil` where it says nothing.
    public func cloudInterface(of interface: Interface) -> CloudInterface? {
        guard let mac = interface.mac else { return nil }
        return cloud.value?.first { $0.mac == mac }
    }
}
