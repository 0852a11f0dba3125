import NATModel
import NATPlan

/// The live connections of the sources that a plan is about, and what becomes of them.
struct ConnectionsText {
    let fates: ConnectionFates
    /// By source; one that is absent could not be counted.
    let connections: [IPv4Prefix: LiveConnections]
    /// When they were counted, in milliseconds since 1970-01-01 UTC.
    let now: Int64

    /// How many sources are told one by one.
    private static let told = 10

    /// The lines under a heading; empty where there are no sources.
    var lines: [String] {
        let all = connections.sorted { ($1.value.count, $0.key) < ($0.value.count, $1.key) }
        var lines = all.prefix(Self.told).flatMap { source, live -> [String] in
            ["\(source): \(Self.count(live.count))\(fates.words(of: source, live))"]
                + live.largest.map { "  \($0.words(at: now) { "\($0) bytes" })" }
        }
        let rest = all.dropFirst(Self.told)
        if !rest.isEmpty {
            let count = rest.reduce(0) { $0 + $1.value.count }
            lines.append("and \(rest.count) more sources: \(Self.count(count))")
        }
        return lines
    }

    private static func count(_ count: Int) -> String {
        count == 0
            ? "no live connection" : "\(count) live connection\(count == 1 ? "" : "s")"
    }
}

/// Under which address a change was proven, or why it was not.
struct ProofText {
    let outcome: FlowWatch.Outcome
    /// The address the outside sees of an own one; `nil` where it is not known.
    let publicAddress: (IPv4Address) -> IPv4Address?
    /// The own addresses that natdeck gives a host; empty where other NAT says it.
    var given: (IPv4Address) -> [IPv4Address] = { _ in [] }
    /// How long was waited, in milliseconds.
    let waitedMilliseconds: Int64

    /// One sentence.
    var text: String {
        let seconds = "\(waitedMilliseconds / 1000).\(waitedMilliseconds % 1000 / 100) s"
        switch outcome {
        case .answered(let key, let address):
            let outside = publicAddress(address)
            let own = outside == nil || outside == address ? "" : " (\(address))"
            let wanted = given(key.original.source)
            guard wanted.isEmpty || wanted.contains(address) else {
                return
                    "disproven: \(key) was answered as \(outside ?? address)\(own), and is to leave"
                    + " with \(wanted.map(\.description).joined(separator: " or "))"
            }
            return "proven: \(key) was answered as \(outside ?? address)\(own) after \(seconds)"
        case .unanswered(let count):
            return "not proven: \(count) new flow\(count == 1 ? "" : "s") within \(seconds), none"
                + " was answered"
        case .silent: return "not proven: nothing new was sent within \(seconds)"
        case .unread(let failure): return "not proven: \(failure)"
        }
    }
}
