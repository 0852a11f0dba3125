public import NATModel

/// The destinations that a table of ours hands back to the rules after it, by `throw` routes.
///
/// Such a table is for the outside alone. What is internal goes on through the operator's own rules,
/// in their order, as if natdeck were not there. See ip-route(8).
struct InternalDestinations {
    /// The destinations, by address; none of them holds another.
    let prefixes: [IPv4Prefix]

    /// How many public networks of main are handed back before it is too many to copy.
    static let mostRoutes = 500

    /// What is internal on this box: its own addresses, and every route of main that is not as wide
    /// as half the outside.
    ///
    /// - Throws: where main holds a good part of the Internet.
    init(_ box: Box) throws(PlanRefusal) { try self.init(box.snapshot) }

    /// The same, of a snapshot.
    init(_ snapshot: Snapshot) throws(PlanRefusal) {
        let main = snapshot.table(FIBTable.main)?.routes ?? []
        let routed = main.map(\.destination).filter { $0.length >= 8 && !Self.isNoHost($0) }
        let own = snapshot.ownAddresses.map { IPv4Prefix($0) }.filter { !Self.isNoHost($0) }
        prefixes = Self.widest(IPv4Prefix.internals + routed + own)
        let copied = prefixes.count - IPv4Prefix.internals.count
        guard copied <= Self.mostRoutes else {
            throw PlanRefusal(
                "table main",
                "it holds \(copied) networks of the outside, and each table of natdeck would need a"
                    + " copy of every one",
                fix: "keep a table of your own for the interface, and add --adopt-tables")
        }
    }

    /// Whether no packet of a host is ever sent there.
    private static func isNoHost(_ prefix: IPv4Prefix) -> Bool {
        prefix.network.rawValue >> 24 == 127 || prefix.network.rawValue >> 28 >= 0xe
    }

    /// Those that no other one holds.
    private static func widest(_ prefixes: [IPv4Prefix]) -> [IPv4Prefix] {
        var result: [IPv4Prefix] = []
        // The wider of two that begin alike comes first, and all that it holds come after it.
        for prefix in Set(prefixes).sorted() where result.last?.contains(prefix) != true {
            result.append(prefix)
        }
        return result
    }
}

extension Planner {
    /// The tables of ours whose routes of type `throw` are not what table main and the box's own
    /// addresses ask for, each with what is missing or too many.
    public static func tablesBehindMain(
        _ facts: BoxFacts
    ) -> [(table: Int, networks: [IPv4Prefix])] {
        // Why they cannot be followed, every plan says.
        guard let internals = try? InternalDestinations(facts.snapshot) else { return [] }
        let wanted = Set(internals.prefixes)
        return (facts.snapshot.tables.value ?? []).filter(\.isOwned).compactMap { table in
            let present = Set(
                table.routes.filter { $0.isOwned && $0.type == "throw" }.map(\.destination))
            let differing = wanted.symmetricDifference(present).sorted()
            return differing.isEmpty ? nil : (table.id, differing)
        }
    }
}
