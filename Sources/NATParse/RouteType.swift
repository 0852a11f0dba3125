/// The route types of the kernel in iproute2's words.
///
/// Source: `RTN_*` in linux/rtnetlink.h.
enum RouteType {
    static func name(_ number: Int) -> String {
        switch number {
        case 1: "unicast"
        case 2: "local"
        case 3: "broadcast"
        case 4: "anycast"
        case 5: "multicast"
        case 6: "blackhole"
        case 7: "unreachable"
        case 8: "prohibit"
        case 9: "throw"
        case 10: "nat"
        default: "\(number)"
        }
    }
}
