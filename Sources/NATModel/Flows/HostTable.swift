/// What the flows of each host add up to while the kernel tells them, found by the host's address.
///
/// A table of plain numbers beside the sums: a dictionary would hash as long as the kernel takes to
/// tell a flow.
struct HostTable: Sendable {
    private(set) var sums: [HostSum] = []
    /// A host's address, then its place among the sums, counted from 1; 0 where nobody is.
    private var places: [UInt64] = []

    /// Changes what a host's flows add up to; nothing yet where it is new.
    mutating func change(_ host: IPv4Address, _ body: (inout HostSum) -> Void) {
        if sums.count * 2 >= places.count { makeRoom() }
        let mask = places.count - 1
        var slot = TableHash.place(UInt64(host.rawValue), mask)
        while places[slot] != 0 {
            if places[slot] >> 32 == UInt64(host.rawValue) {
                return body(&sums[Int(places[slot] & 0xffff_ffff) - 1])
            }
            slot = (slot + 1) & mask
        }
        sums.append(HostSum(host))
        places[slot] = UInt64(host.rawValue) << 32 | UInt64(sums.count)
        body(&sums[sums.count - 1])
    }

    private mutating func makeRoom() {
        let size = max(256, places.count * 2)
        places = [UInt64](repeating: 0, count: size)
        for (place, sum) in sums.enumerated() {
            var slot = TableHash.place(UInt64(sum.host.rawValue), size - 1)
            while places[slot] != 0 { slot = (slot + 1) & (size - 1) }
            places[slot] = UInt64(sum.host.rawValue) << 32 | UInt64(place + 1)
        }
    }
}

/// What the flows of one host add up to, while they are told.
struct HostSum: Sendable {
    /// The host.
    var host: IPv4Address
    private var rest = HostFlows()
    /// The address it was seen with first, which most are seen with alone.
    private var address: IPv4Address?
    private var seen = HostFlows.Seen()

    init(_ host: IPv4Address) { self.host = host }

    /// All of it.
    var flows: HostFlows {
        var flows = rest
        if let address { flows.seen[address] = seen }
        return flows
    }

    /// Adds a flow; `news` is what is new of it since the reading before, `nil` where there was none.
    mutating func add(_ flow: ConntrackFlow, _ news: FlowMemory.News?) {
        if let traffic = flow.traffic {
            var sum = rest.carried ?? HostFlows.Carried()
            sum.add(traffic)
            rest.carried = sum
        }
        if let news {
            rest.begun = (rest.begun ?? 0) + (news.isNew ? 1 : 0)
            if flow.traffic != nil {
                var sum = rest.carriedSince ?? HostFlows.Carried()
                sum.sentBytes &+= news.sentBytes
                sum.receivedBytes &+= news.receivedBytes
                rest.carriedSince = sum
            }
        }
        let isBegun = news?.isNew == true
        let isLive = flow.isLive
        if isLive { rest.flows += 1 }
        let hasEnded = !isLive && flow.hasReplied
        guard isLive || isBegun || hasEnded, flow.isToOutside else { return }
        let target = flow.reply.destination
        func count(_ seen: inout HostFlows.Seen) {
            if isBegun { seen.begun += 1 }
            if hasEnded { seen.ended = (seen.ended ?? 0) + 1 }
            if isLive {
                seen.flows += 1
                if flow.hasReplied { seen.replied += 1 }
            }
        }
        if address == nil { address = target }
        if address == target {
            count(&seen)
        } else {
            count(&rest.seen[target, default: HostFlows.Seen()])
        }
    }
}

/// Where something stands in a table of plain numbers.
enum TableHash {
    /// An odd number that is another one in each process, so that nobody can choose addresses and
    /// ports that all belong in one place.
    private static let factor = UInt64(truncatingIfNeeded: 0x6e61_7464.hashValue) | 1

    /// The place of a key among `mask` + 1 places, a power of two of at most 2³².
    @inline(__always)
    static func place(_ key: UInt64, _ mask: Int) -> Int {
        Int(truncatingIfNeeded: (key &* factor) >> 32) & mask
    }
}
