internal import NATModel
internal import NATPlan

/// The wait for a first flow of the hosts that a change has moved: the proof that it works.
struct FirstFlow: Hashable, Sendable {
    /// Where each source was moved to.
    private let wanted: [IPv4Prefix: Egress]
    /// When it was moved, in milliseconds of the monotonic clock.
    private let sinceMilliseconds: Int64
    /// Flows each host had there already.
    private let before: [IPv4Prefix: Int]
    /// The hosts that were seen, and of the first one the address and after how long.
    private(set) var seen: Set<IPv4Prefix> = []
    private var first: (address: IPv4Address, afterMilliseconds: Int64)? {
        get { firstAddress.map { ($0, firstAfter) } }
        set {
            firstAddress = newValue?.address
            firstAfter = newValue?.afterMilliseconds ?? 0
        }
    }
    private var firstAddress: IPv4Address?
    private var firstAfter: Int64 = 0

    /// After so long it is said that nothing was sent, in milliseconds.
    private static let patienceMilliseconds: Int64 = 30_000

    /// A wait for hosts that were moved now; `nil` where none was.
    init?(_ arrangements: [Arrangement], _ observed: Observed, atMilliseconds now: Int64) {
        var wanted: [IPv4Prefix: Egress] = [:]
        var before: [IPv4Prefix: Int] = [:]
        for arrangement in arrangements where arrangement.source.length == 32 {
            guard let egress = arrangement.egress else { continue }
            wanted[arrangement.source] = egress
            let entry = observed.host(arrangement.source)
            before[arrangement.source] = entry?.answered(by: egress)?.count.replied ?? 0
        }
        guard !wanted.isEmpty else { return nil }
        self.wanted = wanted
        self.before = before
        sinceMilliseconds = now
    }

    /// Takes what flows say now.
    mutating func take(_ observed: Observed, atMilliseconds now: Int64) {
        for (source, egress) in wanted where !seen.contains(source) {
            guard let flows = observed.host(source)?.answered(by: egress),
                flows.count.replied > before[source, default: 0]
            else { continue }
            seen.insert(source)
            guard first == nil else { continue }
            first = (flows.publicAddress ?? flows.address, now - sinceMilliseconds)
        }
    }

    /// What there is to say of it now.
    func text(atMilliseconds now: Int64) -> String {
        guard let first else {
            return now - sinceMilliseconds < Self.patienceMilliseconds
                ? "no flow yet" : "no answered flow in \((now - sinceMilliseconds) / 1000) s"
        }
        let after = Figure.oneDecimal(Double(first.afterMilliseconds) / 1000)
        let rest = wanted.count > 1 ? ", \(seen.count) of \(wanted.count) hosts" : ""
        return "✓ first flow seen as \(first.address) after \(after) s\(rest)"
    }
}

extension HostEntry {
    /// Its answered flows that leave so; `nil` where there are none.
    fileprivate func answered(by egress: Egress) -> HostFacts.Seen? {
        let used = AddressPool(egress.addresses).addresses(of: source)
        return leaving.first {
            $0.interface == egress.interface && $0.count.replied > 0
                && (used.isEmpty || used.contains($0.address))
        }
    }
}
