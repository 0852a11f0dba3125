/// What else is on the box that helps natdeck's changes to stay, or undoes them.
///
/// It changes seldom and is read seldom.
public struct Environment: Hashable, Codable, Sendable {
    /// The connection tracking table; `.value(nil)` where the kernel has none yet.
    public var conntrack: Reading<ConntrackTable?>
    /// What sysctl.d(5) sets at boot.
    public var savedParameters: Reading<SavedParameters>
    /// systemd-networkd; `.value(nil)` where it has not run since boot.
    public var networkd: Reading<Networkd?>
    /// Contents of natdeck's own drop-in for it; `.value(nil)` where there is none.
    public var networkdDropIn: Reading<String?> = .failed(.unread)
    /// Whether the box forwards IPv6, of which natdeck steers nothing; `.value(nil)` for a kernel
    /// without it.
    public var ipv6: Reading<IPv6Forwarding?> = .failed(.unread)
    /// Names of FIB tables by number, beside those the kernel has; empty where nobody named one.
    public var tableNames: Reading<[Int: String]> = .failed(.unread)
    /// The cloud the box runs in; `.value(nil)` where none is known by what the box says of itself.
    public var cloud: Reading<Cloud?> = .failed(.unread)
    /// The cloud's own scripts that make policy rules; `.value(nil)` where there are none.
    public var policyRouter: Reading<PolicyRouter?>
    /// Services that load iptables rules at boot, or files they would load.
    public var savedRules: Reading<[SavedRules]>
    /// natdeck's own service.
    public var service: Reading<GuardService>

    /// An environment of these parts.
    public init(
        conntrack: Reading<ConntrackTable?>, savedParameters: Reading<SavedParameters>,
        networkd: Reading<Networkd?>, policyRouter: Reading<PolicyRouter?>,
        savedRules: Reading<[SavedRules]>, service: Reading<GuardService>
    ) {
        self.conntrack = conntrack
        self.savedParameters = savedParameters
        self.networkd = networkd
        self.policyRouter = policyRouter
        self.savedRules = savedRules
        self.service = service
    }

    /// The unit of natdeck's own service.
    public static let servicePath = "/etc/systemd/system/natdeck.service"

    /// The link by which systemd starts it at boot.
    public static let serviceLink =
        "/etc/systemd/system/multi-user.target.wants/natdeck.service"

    /// An environment of which nothing could be read, because of this.
    public static func failed(_ failure: ReadFailure) -> Environment {
        Environment(
            conntrack: .failed(failure), savedParameters: .failed(failure),
            networkd: .failed(failure), policyRouter: .failed(failure),
            savedRules: .failed(failure), service: .failed(failure))
    }
}

/// What the box does with IPv6.
public struct IPv6Forwarding: Hashable, Codable, Sendable {
    /// `net.ipv6.conf.all.forwarding`.
    public var isForwarding: Bool
    /// Whether it has a default route by some interface.
    public var hasDefaultRoute: Bool

    /// A box that does so.
    public init(isForwarding: Bool, hasDefaultRoute: Bool) {
        self.isForwarding = isForwarding
        self.hasDefaultRoute = hasDefaultRoute
    }

    /// Whether hosts may leave by IPv6, past every rule of natdeck.
    public var letsHostsOut: Bool { isForwarding && hasDefaultRoute }
}

/// How natdeck's own service stands.
public enum GuardService: Hashable, Codable, Sendable {
    /// Its unit is not there.
    case absent
    /// Its unit is there, and nothing starts it at boot.
    case disabled
    /// It is started at boot; whether a guard runs now is told.
    case enabled(isRunning: Bool)
}

/// How full the connection tracking table is.
///
/// Source: `/proc/sys/net/netfilter/nf_conntrack_{count,max}`.
public struct ConntrackTable: Hashable, Codable, Sendable {
    /// Entries now.
    public var count: Int
    /// The most there can be; new connections are dropped beyond.
    public var maximum: Int

    /// A table with so many entries.
    public init(count: Int, maximum: Int) {
        self.count = count
        self.maximum = maximum
    }
}

/// What systemd-networkd does with policy rules and routes it has not made.
public struct Networkd: Hashable, Codable, Sendable {
    /// `ManageForeignRoutingPolicyRules=`; `nil` where no file sets it, which means yes.
    public var rules: Setting?
    /// `ManageForeignRoutes=`; `nil` where no file sets it, which means yes.
    public var routes: Setting?

    /// What a file says of one of them.
    public struct Setting: Hashable, Codable, Sendable {
        /// Whether networkd deletes what it has not made.
        public var manages: Bool
        /// The file.
        public var path: String

        /// What this file says.
        public init(manages: Bool, path: String) {
            self.manages = manages
            self.path = path
        }
    }

    /// networkd with these settings.
    public init(rules: Setting? = nil, routes: Setting? = nil) {
        self.rules = rules
        self.routes = routes
    }

    /// Whether it leaves both alone.
    public var leavesOthersAlone: Bool {
        rules?.manages == false && routes?.manages == false
    }

    /// Our own drop-in, which sets it to no.
    public static let dropInPath = "/etc/systemd/networkd.conf.d/50-natdeck.conf"
}

/// Scripts of the cloud that make a table and rules for every interface.
public struct PolicyRouter: Hashable, Codable, Sendable {
    /// The package: `ec2-net-utils` or `amazon-ec2-net-utils`.
    public var name: String
    /// The file it was known by.
    public var path: String

    /// A package known by this file.
    public init(name: String, path: String) {
        self.name = name
        self.path = path
    }
}

/// A service that loads iptables rules from a file at boot.
public struct SavedRules: Hashable, Codable, Sendable {
    /// The service: `netfilter-persistent` or `iptables`.
    public var service: String
    /// The file it loads.
    public var path: String
    /// Whether the service is started at boot.
    public var isEnabled: Bool
    /// Whether the file is there.
    public var exists: Bool
    /// How many MASQUERADE rules of natdeck's are saved in it.
    public var ownedCount: Int

    /// A service that loads this file.
    public init(service: String, path: String, isEnabled: Bool, exists: Bool, ownedCount: Int) {
        self.service = service
        self.path = path
        self.isEnabled = isEnabled
        self.exists = exists
        self.ownedCount = ownedCount
    }
}
