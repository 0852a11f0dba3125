import NATModel

extension Topology {
    /// Why this topology cannot be built; `nil` where it can.
    var complaint: String? {
        if let complaint = Self.complaint(prefix: prefix) { return complaint }
        if interfaces.isEmpty { return "the NAT box needs an interface" }
        if interfaces.contains(where: \.addresses.isEmpty) {
            return "every interface of the NAT box needs an address"
        }
        if let twice = Self.repeated(names + ["metadata"]) {
            return "two machines are called \(twice)"
        }
        if let twice = Self.repeated(interfaces.map(\.name)) {
            return "two interfaces are called \(twice)"
        }
        let all = interfaces.flatMap(\.addresses).map(\.privateAddress) + hosts.map(\.address)
        if let twice = Self.repeated(all.map(\.description)) {
            return "the address \(twice) is given twice"
        }
        // Longer names are refused by the kernel (IFNAMSIZ), with a less helpful message.
        let isName: (String) -> Bool = { !$0.isEmpty && $0.utf8.count <= 15 && Self.isPlain($0) }
        if let name = (names + interfaces.map(\.name)).first(where: { !isName($0) }) {
            return "\(name.strippedOfControls) is not a name"
        }
        return nil
    }

    /// Why labs cannot be called so; `nil` where they can.
    ///
    /// The name becomes part of paths and of namespaces' names.
    static func complaint(prefix: String) -> String? {
        let fits = !prefix.isEmpty && prefix.utf8.count <= 40 && isPlain(prefix)
        return fits ? nil : "a lab's name has letters, digits and hyphens, 40 at the most"
    }

    private static func isPlain(_ name: String) -> Bool {
        !name.hasPrefix("-")
            && name.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"):
                    true
                default: false
                }
            }
    }

    private static func repeated(_ names: [String]) -> String? {
        var seen: Set<String> = []
        return names.first { !seen.insert($0).inserted }
    }
}
