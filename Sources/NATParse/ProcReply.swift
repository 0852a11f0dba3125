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
        let text = String(decoding: contents, as: UTF8.self)
        for line in text.split(separator: "\n").dropFirst(2) {
            // A name may hold a colon (`eth0:1`); the counters hold none.
            guard let colon = line.lastIndex(of: ":") else {
                throw ParseError("no interface name", in: line)
            }
            let name = String(line[..<colon].drop { $0 == " " }).strippedOfControls
            let fields = line[line.index(after: colon)...].split(separator: " ")
            let numbers = fields.compactMap { UInt64($0) }
            guard numbers.count == 16, fields.count == 16 else {
                throw ParseError("not 16 counters", in: line)
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
        let text = String(decoding: contents, as: UTF8.self)
        for line in text.split(separator: "\n").dropFirst() {
            let fields = line.split(separator: " ")
            guard fields.count == 6, let address = IPv4Address(fields[0]),
                let flags = Int(fields[2].dropFirst(2), radix: 16)
            else { throw ParseError("not a neighbour", in: line) }
            // ATF_COM: the entry is complete.
            guard flags & 2 != 0 else { continue }
            neighbours.append(
                Neighbour(
                    address: address, interface: String(fields[5]).strippedOfControls,
                    mac: fields[3].lowercased()))
        }
        return neighbours
    }
}
