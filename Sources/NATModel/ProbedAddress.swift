/// The public address that an outside service saw behind an own one, and when.
///
/// Source: `natdeck probe`, which writes it into a file of natdeck's own.
public struct ProbedAddress: Hashable, Codable, Sendable {
    /// The file. It goes with a boot, after which a public address may be another one.
    public static let path = "/run/natdeck/probed"

    /// The own address.
    public var own: IPv4Address
    /// The address the outside saw.
    public var outside: IPv4Address
    /// When, in seconds since 1970-01-01 UTC.
    public var atSeconds: Int64

    /// What was seen then.
    public init(own: IPv4Address, outside: IPv4Address, atSeconds: Int64) {
        self.own = own
        self.outside = outside
        self.atSeconds = atSeconds
    }
}

extension EgressInterface {
    /// The public address that is told of an own one by anybody but a probe; `nil` where nobody
    /// tells.
    public func toldAddress(of own: IPv4Address) -> PublicAddress? {
        let outside = promisedAddress(of: own)
        return publicAddresses?.first { $0.address == outside && $0.source != .probe }
    }
}

extension Snapshot {
    /// What probes saw of an interface, for where nobody else tells; empty where none was made.
    func probedPublicAddresses(of interface: Interface) -> [PublicAddress] {
        (probed.value ?? []).filter { probed in
            interface.addresses.contains { $0.address == probed.own }
        }.map { probed in
            var address = PublicAddress(
                probed.outside, privateAddress: probed.own, source: .probe)
            address.learntAtMilliseconds = probed.atSeconds * 1000
            return address
        }
    }
}
