public import NATModel

/// `/proc/net/dev`. See proc(5).
public enum InterfaceCountersFile {
    /// The file's path.
    public static let path = "/proc/net/dev"

    /// The counters by interface name.
    public static func parse(
        _ contents: [UInt8]
    ) throws(ParseError) -> [String: InterfaceCounters] {
        var counters: [String: InterfaceCounters] = [:]
        for line in contents.split(separator: .lineEnd).dropFirst(2) {
            // A name may hold a colon (`eth0:1`); the counters hold none.
            guard let colon = line.lastIndex(of: UInt8(ascii: ":")) else {
                throw ParseError("no interface name", in: line.text)
            }
            let name = KernelName.text(line[..<colon].drop { $0 == .space })
            let fields = line[(colon + 1)...].words
            let numbers = fields.compactMap(\.decimal)
            guard numbers.count == 16, fields.count == 16 else {
                throw ParseError("not 16 counters", in: line.text)
            }
            counters[name] = InterfaceCounters(
                rxBytes: numbers[0], rxPackets: numbers[1], rxErrors: numbers[2],
                rxDropped: numbers[3], txBytes: numbers[8], txPackets: numbers[9],
                txErrors: numbers[10], txDropped: numbers[11])
        }
        return counters
    }
}

/// `/proc/net/arp`. See proc(5).
public enum NeighbourFile {
    /// The file's path.
    public static let path = "/proc/net/arp"

    /// The hosts the kernel has a hardware address for; one that did not answer is left out.
    public static func parse(_ contents: [UInt8]) throws(ParseError) -> [Neighbour] {
        var neighbours: [Neighbour] = []
        for line in contents.split(separator: .lineEnd).dropFirst() {
            let fields = line.words
            guard fields.count == 6, let address = IPv4Address(fields[0].text),
                let flags = Int(fields[2].dropFirst(2).text, radix: 16)
            else { throw ParseError("not a neighbour", in: line.text) }
            // ATF_COM: the entry is complete.
            guard flags & 2 != 0 else { continue }
            neighbours.append(
                Neighbour(
                    address: address, interface: KernelName.text(fields[5]),
                    mac: fields[3].text.lowercased()))
        }
        return neighbours
    }
}
