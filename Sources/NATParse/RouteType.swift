/// The route types of the kernel in iproute2's words.
///
/// Source: `RTN_*` in linux/rtnetlink.h.
enum RouteType {
    private static let names = [
        "unicast", "local", "broadcast", "anycast", "multicast", "blackhole", "unreachable",
        "prohibit", "throw", "nat",
    ]

    static func name(_ number: Int) -> String {
        names.indices.contains(number - 1) ? names[number - 1] : "\(number)"
    }

    /// The number of a type; `nil` for a word that is none.
    static func number(_ name: String) -> UInt8? {
        names.firstIndex(of: name).map { UInt8($0 + 1) } ?? UInt8(name)
    }
}
