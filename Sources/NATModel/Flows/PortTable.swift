/// Counts the source ports that are taken, by own address, protocol and destination.
///
/// A table of plain numbers: a dictionary would take as long as the kernel does to tell the flows.
struct PortTable: Sendable {
    private var entries: [Entry] = []
    private var used = 0

    private struct Entry {
        /// The own address, then where the flows go.
        var addresses: UInt64 = 0
        /// Port, protocol, and a bit that says that the entry is in use.
        var rest: UInt64 = 0
        var count: UInt32 = 0
        /// How many of them have their source translated.
        var translated: UInt32 = 0

        var address: IPv4Address {
            IPv4Address(rawValue: UInt32(truncatingIfNeeded: addresses >> 32))
        }

        var use: PortUse {
            PortUse(
                address: address, transport: UInt8(truncatingIfNeeded: rest >> 16),
                destination: IPv4Address(rawValue: UInt32(truncatingIfNeeded: addresses)),
                port: UInt16(truncatingIfNeeded: rest), used: Int(count))
        }
    }

    /// How many destinations of each address and protocol are told.
    private static let told = 3

    /// Counts a flow.
    mutating func add(_ flow: ConntrackFlow) {
        let reply = flow.reply
        // Others have no ports.
        guard Transport.hasPorts(reply.transport) else { return }
        if used * 8 >= entries.count * 7 { makeRoom() }
        let addresses =
            UInt64(reply.destination.rawValue) << 32 | UInt64(reply.source.rawValue)
        let rest =
            1 << 63 | UInt64(flow.zone) << 32 | UInt64(reply.transport) << 16
            | UInt64(reply.sourcePort)
        let isAdded = entries.withUnsafeMutableBufferPointer { entries in
            var place = Self.place(addresses, rest, in: entries.count)
            while entries[place].rest != 0,
                entries[place].rest != rest || entries[place].addresses != addresses
            {
                place = (place + 1) & (entries.count - 1)
            }
            let isFree = entries[place].rest == 0
            if isFree {
                entries[place].addresses = addresses
                entries[place].rest = rest
            }
            entries[place].count += 1
            entries[place].translated += flow.isSourceTranslated ? 1 : 0
            return isFree
        }
        if isAdded { used += 1 }
    }

    /// The busiest destinations of each address that flows are translated to, and each protocol.
    var busiest: [PortUse] {
        var translated: Set<IPv4Address> = []
        for entry in entries where entry.translated > 0 { translated.insert(entry.address) }
        var tops: [Bundle: [PortUse]] = [:]
        for entry in entries where entry.rest != 0 && translated.contains(entry.address) {
            let bundle = Bundle(address: entry.address, transport: entry.use.transport)
            var top = tops[bundle] ?? []
            if top.count == Self.told, let last = top.last, !entry.use.isBusier(than: last) {
                continue
            }
            top.insert(entry.use, at: top.firstIndex { entry.use.isBusier(than: $0) } ?? top.count)
            tops[bundle] = Array(top.prefix(Self.told))
        }
        return tops.values.flatMap(\.self).sorted { $0.isBusier(than: $1) }
    }

    private struct Bundle: Hashable {
        var address: IPv4Address
        var transport: UInt8
    }

    private mutating func makeRoom() {
        let old = entries
        let size = max(1024, old.count * 2)
        entries = [Entry](repeating: Entry(), count: size)
        for entry in old where entry.rest != 0 {
            var place = Self.place(entry.addresses, entry.rest, in: size)
            while entries[place].rest != 0 { place = (place + 1) & (size - 1) }
            entries[place] = entry
        }
    }

    private static func place(_ addresses: UInt64, _ rest: UInt64, in size: Int) -> Int {
        TableHash.place(addresses ^ rest &* 0xbf58_476d_1ce4_e5b9, size - 1)
    }
}

extension PortUse {
    /// Whether it comes first; those with as many are told apart, so that the order is always one.
    fileprivate func isBusier(than other: PortUse) -> Bool {
        if used != other.used { return used > other.used }
        let (one, two) = (
            [address.rawValue, UInt32(transport), destination.rawValue, UInt32(port)],
            [
                other.address.rawValue, UInt32(other.transport), other.destination.rawValue,
                UInt32(other.port),
            ]
        )
        return one.lexicographicallyPrecedes(two)
    }
}
