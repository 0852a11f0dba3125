internal import NATModel
internal import NATPlan

/// The wait for a first flow of the hosts that a change has moved: the proof that it works.
struct FirstFlow: Hashable, Sendable {
    /// The change that moved them, by name; `nil` while that is not known, empty where it stood at
    /// once. The proof of one change says nothing of another one that is pending.
    var change: String?
    /// Where each source was moved to.
    private let wanted: [IPv4Prefix: Egress]
    /// When it was moved, in milliseconds of the monotonic clock.
    private let sinceMilliseconds: Int64
    /// Flows each host had there already, ended ones too for as long as the kernel remembers them.
    private var before: [IPv4Prefix: Int]
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
            before[arrangement.source] = entry?.answered(by: egress)?.flows ?? 0
        }
        guard !wanted.isEmpty else { return nil }
        self.wanted = wanted
        self.before = before
        sinceMilliseconds = now
    }

    /// Takes what flows say now.
    mutating func take(_ observed: Observed, atMilliseconds now: Int64) {
        for (source, egress) in wanted where !seen.contains(source) {
            let answered = observed.host(source)?.answered(by: egress)
            guard let answered, answered.flows > before[source, default: 0] else {
                // Those that are forgotten meanwhile must not hide as many new ones.
                before[source] = answered?.flows ?? 0
                continue
            }
            seen.insert(source)
            guard first == nil else { continue }
            first = (answered.address, now - sinceMilliseconds)
        }
    }

    /// What flows have said of it, or that they said nothing for long enough; `nil` before that.
    func proof(atMilliseconds now: Int64) -> String? {
        if let firstSeen { return firstSeen }
        let seconds = Self.patienceMilliseconds / 1000
        return now - sinceMilliseconds < Self.patienceMilliseconds
            ? nil : "no answered flow within \(seconds) s"
    }

    /// `first flow seen as 203.0.113.195 after 1.2 s`; `nil` before there was one.
    private var firstSeen: String? {
        guard let first else { return nil }
        let after = Figure.oneDecimal(Double(first.afterMilliseconds) / 1000)
        let rest = wanted.count > 1 ? ", \(seen.count) of \(wanted.count) hosts" : ""
        return "first flow seen as \(first.address) after \(after) s\(rest)"
    }

    /// What there is to say of it now.
    func text(atMilliseconds now: Int64) -> String {
        guard let firstSeen else {
            return now - sinceMilliseconds < Self.patienceMilliseconds
                ? "no flow yet" : "no answered flow in \((now - sinceMilliseconds) / 1000) s"
        }
        return "✓ \(firstSeen)"
    }
}

extension HostEntry {
    /// How many of its flows that leave so were answered, and the address they are seen by; `nil`
    /// where none was. A short flow may have ended before anybody looked.
    fileprivate func answered(by egress: Egress) -> (address: IPv4Address, flows: Int)? {
        let used = AddressPool(egress.addresses).addresses(of: source)
        let answered = (leaving + facts.ended).filter {
            $0.interface == egress.interface && (used.isEmpty || used.contains($0.address))
                && $0.count.answered > 0
        }
        guard let first = answered.first else { return nil }
        return (
            first.publicAddress ?? first.address, answered.reduce(0) { $0 + $1.count.answered }
        )
    }
}
