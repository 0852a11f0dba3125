/// By which interface the packets of a source come in.
///
/// A host that was seen on a link comes in by it. Any other comes in by the interface that leads back
/// to it, as far as table main tells: the default route tells nothing of where a host is.
struct SourceInputs: Sendable {
    private var seen: [IPv4Address: String]
    /// The routes of main to networks, the narrowest first.
    private var networks: [Int: [IPv4Prefix: String]] = [:]
    private var lengths: [Int] = []
    private let isKnown: Bool

    init(_ snapshot: Snapshot) {
        seen = Dictionary(
            (snapshot.neighbours.value ?? []).map { ($0.address, $0.interface) },
            uniquingKeysWith: { first, _ in first })
        let main = snapshot.tables.value?.first { $0.id == FIBTable.main }
        isKnown = snapshot.tables.value != nil
        for route in main?.routes ?? [] where route.forwards && route.destination.length > 7 {
            guard route.interfaces.count == 1, let name = route.interfaces.first else { continue }
            if networks[route.destination.length]?[route.destination] == nil {
                networks[route.destination.length, default: [:]][route.destination] = name
            }
        }
        lengths = networks.keys.sorted(by: >)
    }

    /// The interface; `nil` where it is not known, or where a network's hosts come in by several.
    func input(of source: IPv4Prefix) -> String? {
        if source.length == 32, let name = seen[source.network] { return name }
        let name = lengths.lazy.filter { $0 <= source.length }.compactMap { length in
            networks[length]?[IPv4Prefix(source.network, length: length)]
        }.first
        guard let name, source.length < 32 else { return name }
        // A part of the network can be behind another interface.
        for length in lengths where length > source.length {
            let isElsewhere = networks[length]?.contains { prefix, other in
                other != name && source.contains(prefix)
            }
            if isElsewhere == true { return nil }
        }
        return name
    }
}
