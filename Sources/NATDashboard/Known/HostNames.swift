internal import NATModel
internal import NATScreen

/// Names of hosts, as far as they were looked up; one that has none is remembered too.
struct HostNames: Sendable {
    /// The most names that are looked up at once.
    static let mostAtOnce = 8

    private var known: [IPv4Address: String?] = [:]
    /// Names that the cloud tells, which come before those of the DNS.
    private var tags: [IPv4Address: String] = [:]
    private var asked: Set<IPv4Address> = []
    /// Addresses of names that were typed, in lower case; `nil` of one that nobody knows.
    private var addresses: [String: IPv4Address?] = [:]
    /// The hosts among which nothing was left to ask for, by the number of their reading.
    private var completeGeneration: Int?
    /// Whether nobody has a name, as far as is known.
    private(set) var isEmpty = true
    /// How often names came in, by which what is derived from them is known to be out of date.
    private(set) var generation = 1

    /// Which addresses to ask for now: those of the first list before all others.
    ///
    /// Nothing while an answer is awaited, so a slow resolver is never asked for more than a few.
    mutating func next(
        visible: [IPv4Address], all: @autoclosure () -> [IPv4Address], generation: Int
    ) -> [IPv4Address] {
        guard asked.isEmpty else { return [] }
        for address in visible where asked.count < Self.mostAtOnce {
            if !hasLookedUp(address) { asked.insert(address) }
        }
        if asked.isEmpty, completeGeneration != generation {
            for address in all() where !hasLookedUp(address) {
                asked.insert(address)
                if asked.count == Self.mostAtOnce { break }
            }
            if asked.isEmpty { completeGeneration = generation }
        }
        return asked.sorted()
    }

    /// Takes an answer; an address that was asked for and is not in it has no name.
    mutating func take(_ found: [IPv4Address: String], of addresses: [IPv4Address]) {
        for address in addresses {
            let name = found[address]?.strippedOfControls
            known[address] = .some(name.flatMap { $0.isEmpty ? nil : $0 })
            asked.remove(address)
        }
        if !found.isEmpty { isEmpty = false }
        generation += 1
    }

    /// Takes the names that the cloud tells.
    mutating func take(_ tags: [IPv4Address: String]) {
        guard tags != self.tags else { return }
        self.tags = tags
        if !tags.isEmpty { isEmpty = false }
        generation += 1
    }

    /// Whether a text can be the name of a host, and nothing that a program would take for an option.
    static func isName(_ text: some StringProtocol) -> Bool {
        guard let first = text.unicodeScalars.first, first.properties.isAlphabetic,
            text.utf8.count <= 253
        else { return false }
        return text.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."),
                UInt8(ascii: "_"):
                true
            default: false
            }
        }
    }

    /// The address of a name that is known; `nil` of another.
    func address(of name: String) -> IPv4Address? {
        let name = name.lowercased()
        if let address = addresses[name] ?? nil { return address }
        // Several instances may have one name: who is meant then nobody can say.
        let tagged = tags.filter { $0.value.lowercased() == name }
        if tagged.count == 1 { return tagged.first?.key }
        return known.first { $0.value?.lowercased() == name }?.key
    }

    /// Whether the address of a name was asked for.
    func hasLookedUp(_ name: String) -> Bool { addresses[name.lowercased()] != nil }

    /// Takes the address of a name; `nil` where nobody knows it.
    mutating func take(_ address: IPv4Address?, of name: String) {
        addresses[name.lowercased()] = .some(address)
    }

    /// Forgets all, so that it is looked up again.
    mutating func forget() {
        known = [:]
        isEmpty = tags.isEmpty
        addresses = [:]
        completeGeneration = nil
        generation += 1
    }

    /// The name of an address; `nil` where it has none or that is not known yet.
    subscript(address: IPv4Address) -> String? { tags[address] ?? known[address] ?? nil }

    /// Whether it was looked up.
    func hasLookedUp(_ address: IPv4Address) -> Bool {
        known[address] != nil || tags[address] != nil
    }
}

extension HostNames {
    /// The name of a source, where it is a single host that has one.
    func name(of source: IPv4Prefix) -> String? {
        source.length == 32 ? self[source.network] : nil
    }
}

extension DashboardState {
    /// The name of a source, where it is a single host that has one and names are shown.
    ///
    /// What the cloud calls it comes before what the DNS does.
    func name(of source: IPv4Prefix) -> String? {
        showsNames ? observed.facts?.label(of: source) ?? names.name(of: source) : nil
    }

    /// Wishes for names, while they are shown: those on the screen first.
    mutating func namesToLookUp() -> [Effect] {
        guard showsNames, view == .overview, frozen == nil else { return [] }
        let ids = shownTable.rows.ids.dropFirst(tables[.overview]?.top ?? 0).prefix(visibleRows)
        let visible = ids.compactMap(\.host).filter { $0.length == 32 }
        let hosts = live.hosts
        // Those that are not on the screen matter only to an order or a filter.
        let wantsAll = sort == .name || !filter.isEmpty
        let addresses = names.next(
            visible: visible.map(\.network),
            all: wantsAll ? hosts.filter { $0.source.length == 32 }.map(\.source.network) : [],
            generation: wantsAll ? live.generation : -1)
        return addresses.isEmpty ? [] : [.lookUpNames(addresses)]
    }
}
