/// `/proc/net/ipv6_route`: the IPv6 routes of the box. See proc(5).
public enum IPv6RouteFile {
    /// The file's path.
    public static let path = "/proc/net/ipv6_route"

    /// Whether a default route leads out by an interface that is not the loopback.
    ///
    /// A line holds destination, its length, source, its length, gateway, metric, two counters, flags
    /// and interface. A line of another form is none.
    public static func hasDefaultRoute(_ contents: String) -> Bool {
        contents.split(separator: "\n").contains { line in
            let fields = line.split(separator: " ")
            guard fields.count == 10, fields[1] == "00", fields[0].allSatisfy({ $0 == "0" }),
                let flags = UInt32(fields[8], radix: 16)
            else { return false }
            // RTF_REJECT refuses what takes it.
            return fields[9] != "lo" && flags & 0x200 == 0
        }
    }
}
