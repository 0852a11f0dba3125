/// The name of a kernel parameter, which sysctl(8) and sysctl.d(5) spell in two ways.
///
/// Each dot of `net.ipv4.conf.eth0.100.rp_filter` would be a step down the tree; where the name of
/// an interface holds one, all are written as a path: `net/ipv4/conf/eth0.100/rp_filter`.
package struct SysctlName: Hashable, Sendable {
    /// The name with dots throughout, as the snapshot has it.
    package var dotted: String

    private static let conf = "net.ipv4.conf."

    /// The parameter with this name in dots.
    package init(dotted: String) { self.dotted = dotted }

    /// The parameter as a file or a command spells it.
    init(spelling: String) {
        dotted = String(spelling.map { $0 == "/" ? "." : $0 })
    }

    /// The interface whose parameter it is, or `all`; `nil` for one of the whole box.
    var scope: String? {
        guard dotted.hasPrefix(Self.conf), let last = dotted.lastIndex(of: ".") else { return nil }
        let start = dotted.index(dotted.startIndex, offsetBy: Self.conf.count)
        return start <= last ? String(dotted[start..<last]) : nil
    }

    /// The name as sysctl(8) finds it.
    package var spelling: String {
        guard let scope, scope.contains("."), let last = dotted.lastIndex(of: ".") else {
            return dotted
        }
        return "net/ipv4/conf/\(scope)/\(dotted[dotted.index(after: last)...])"
    }
}
