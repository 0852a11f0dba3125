/// A routing table of the kernel.
///
/// Source: `RTM_GETROUTE`, which `ip route show table all` asks for. See ip-route(8).
public struct FIBTable: Hashable, Codable, Sendable {
    /// Its number; main is 254, local 255, default 253.
    public var id: Int
    /// Its routes, in the kernel's order: the longest prefix first is not promised.
    public var routes: [Route]

    /// A table with these routes.
    public init(id: Int, routes: [Route]) {
        self.id = id
        self.routes = routes
    }

    /// The number of table main.
    public static let main = 254
    /// The number of table local, which the kernel fills with the box's own addresses.
    public static let local = 255
    /// The number of table default, which is empty unless somebody fills it.
    public static let defaultTable = 253

    /// Whether natdeck made it: every route in it is ours.
    public var isOwned: Bool { !routes.isEmpty && routes.allSatisfy(\.isOwned) }

    /// Its default route with the lowest metric that forwards; `nil` where there is none.
    public var defaultRoute: Route? {
        routes.filter { $0.destination == .all && $0.type == "unicast" }
            .min { $0.metric < $1.metric }
    }

    /// The number, and beside it the name that the box has for it: `106 (provider2)`.
    public static func name(of id: Int, naming names: [Int: String]) -> String {
        names[id].map { "\(id) (\($0))" } ?? name(of: id)
    }

    /// What iproute2 prints for a table number: `main`, `local`, `default` or the number.
    public static func name(of id: Int) -> String {
        switch id {
        case main: "main"
        case local: "local"
        case defaultTable: "default"
        default: "\(id)"
        }
    }
}
