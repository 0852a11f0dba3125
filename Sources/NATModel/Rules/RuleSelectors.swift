/// What a policy rule looks at besides source and mark.
///
/// Source: `FRA_*` and `fib_rule_hdr` of linux/fib_rules.h. See ip-rule(8).
public struct RuleSelectors: Hashable, Codable, Sendable {
    /// Whether it selects what its selectors do not describe: `not`.
    public var isInverted = false
    /// The source as it was given, where bits beyond its length are set; the kernel deletes the rule
    /// only by it. `nil` where there are none.
    public var givenSource: IPv4Address?
    /// The destination as it was given; `nil` where any will do.
    public var destination: IPv4Address?
    /// Length of the destination's prefix, in 0...32.
    public var destinationLength = 32
    /// `tos`; 0 where any will do.
    public var typeOfService = 0
    /// The interface a packet came in by; `lo` for the box's own.
    public var input: String?
    /// The interface a packet of a bound socket leaves by.
    public var output: String?
    /// Whether there is no interface of the name it looks for as input now: nothing matches.
    public var isInputDetached = false
    /// Whether there is no interface of the name it looks for as output now: nothing matches.
    public var isOutputDetached = false
    /// Whether it selects packets that come from or go to a VRF.
    public var isOfL3Device = false
    /// The users whose packets it selects, by number.
    public var users: ClosedRange<UInt32>?
    /// The protocol, such as 6 for TCP.
    public var ipProtocol: Int?
    /// Source ports.
    public var sourcePorts: Ports?
    /// Destination ports.
    public var destinationPorts: Ports?
    /// Routing realms, which select nothing: both in 16 bits each.
    public var realms: Int?
    /// The group of interfaces whose routes are passed over.
    public var suppressGroup: Int?
    /// The key of the tunnel a packet came by.
    public var tunnel: UInt64?
    /// Whether the target of its goto is not there.
    public var isUnresolved = false
    /// Attributes of a kernel newer than this code, by number, in words.
    public var unknown: [String] = []

    /// Ports, with the bits that count.
    public struct Ports: Hashable, Codable, Sendable {
        /// The first one.
        public var first: Int
        /// The last one.
        public var last: Int
        /// The bits that count; 65535 for all.
        public var mask: Int

        /// These ports.
        public init(_ first: Int, through last: Int? = nil, mask: Int = 0xffff) {
            self.first = first
            self.last = last ?? first
            self.mask = mask
        }

        func words(_ name: String) -> String {
            let ports = first == last ? "\(first)" : "\(first)-\(last)"
            return "\(name) \(ports)" + (mask == 0xffff ? "" : "/0x" + String(mask, radix: 16))
        }
    }

    /// No selector.
    public init() {}

    /// Any packet to this network.
    public init(to network: IPv4Prefix) {
        destination = network.network
        destinationLength = network.length
    }

    /// No selector but those that are set in `body`.
    public init(_ body: (inout Self) -> Void) { body(&self) }

    /// Whether it looks at nothing.
    public var isEmpty: Bool { self == Self() }

    /// The network of the destination; `nil` where any will do.
    public var destinationPrefix: IPv4Prefix? {
        destination.map { IPv4Prefix($0, length: destinationLength) }
    }

    /// In iproute2's words and order, without `not` and the source, which come before.
    public var words: [String] {
        // Most rules have none.
        if isEmpty { return [] }
        var words: [String] = []
        func say(_ text: String?) { if let text { words.append(text) } }
        say(
            destination.map {
                "to \($0)" + (destinationLength == 32 ? "" : "/\(destinationLength)")
            })
        if typeOfService != 0 {
            let isShort = typeOfService < 16
            say("tos 0x" + (isShort ? "0" : "") + String(typeOfService, radix: 16))
        }
        say(input.map { "iif \($0)" })
        say(output.map { "oif \($0)" })
        if isOfL3Device { say("l3mdev") }
        say(users.map { "uidrange \($0.lowerBound)-\($0.upperBound)" })
        say(ipProtocol.map { "ipproto \($0)" })
        say(sourcePorts?.words("sport"))
        say(destinationPorts?.words("dport"))
        say(realms.map { "realms " + ($0 >> 16 == 0 ? "" : "\($0 >> 16)/") + "\($0 & 0xffff)" })
        if isInputDetached { say("iif_detached") }
        if isOutputDetached { say("oif_detached") }
        say(suppressGroup.map { "suppress_ifgroup \($0)" })
        say(tunnel.map { "tun_id \($0)" })
        if isUnresolved { say("unresolved") }
        return words + unknown
    }

    /// Whether `ip rule add` takes all of them in these words.
    public var canBeTyped: Bool {
        unknown.isEmpty && tunnel == nil && suppressGroup == nil && !isOfL3Device
            && !isInputDetached && !isOutputDetached && !isUnresolved
    }
}
