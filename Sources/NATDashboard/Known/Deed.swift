internal import NATModel

/// Something that somebody did to the box, natdeck's own changes aside.
struct Deed: Hashable, Sendable {
    /// What was done: `rule 100 «…» was added`.
    var what: String
    /// Who did it; `nil` where nobody tells.
    var author: KernelAuthor?
    /// What followed for hosts; `nil` where nothing did.
    var effect: String?
    /// The sources that leave otherwise since.
    var sources: [IPv4Prefix] = []

    /// What was done and what followed, in one sentence without a full stop.
    ///
    /// - Parameter namesAuthor: whether it says by whom, which may stand beside it.
    func sentence(namesAuthor: Bool) -> String {
        let whom = namesAuthor ? author.map { " by \($0.brief)" } ?? "" : ""
        return what + whom + (effect.map { ": \($0)" } ?? "")
    }
}

/// Makes deeds of what the kernel announced and of what differs between two readings.
struct DeedMaker {
    private let old: Snapshot
    private let new: Snapshot

    /// What differs between these.
    init(from old: Snapshot, to new: Snapshot) {
        self.old = old
        self.new = new
    }

    /// What was done to rules and routes.
    func deeds(_ events: [KernelEvent]) -> [Deed] {
        var groups: [(key: String, texts: [String], author: KernelAuthor)] = []
        for event in events {
            guard let author = event.author, !author.isNatdeck, let (key, text) = words(event)
            else {
                continue
            }
            let name = "\(key) by \(author)"
            if let place = groups.firstIndex(where: { $0.key == name }) {
                groups[place].texts.append(text)
            } else {
                groups.append((name, [text], author))
            }
        }
        return groups.map { group in
            let rest = group.texts.count - 1
            let verb = group.key.hasPrefix("+") ? "added" : "removed"
            let what =
                rest == 0
                ? "\(group.texts[0]) was \(verb)"
                : "\(group.texts[0]) and \(rest) more were \(verb)"
            return Deed(what: what, author: group.author)
        }
    }

    private func words(_ event: KernelEvent) -> (key: String, text: String)? {
        switch event {
        case .ruleAdded(let rule, _): ("+rule", text(rule))
        case .ruleRemoved(let rule, _): ("-rule", text(rule))
        case .routeAdded(let route, let table, _) where table != FIBTable.local:
            ("+route", text(route, table))
        case .routeRemoved(let route, let table, _) where table != FIBTable.local:
            ("-route", text(route, table))
        default: nil
        }
    }

    private func text(_ rule: RoutingPolicyRule) -> String {
        "rule \(rule.priority) «\(rule.words(naming: new.environment.tableNames.value ?? [:]))»"
    }

    private func text(_ route: Route, _ table: Int) -> String {
        let words =
            route.forwards
            ? RuleAnswer.way(route)
            : "\(route.type) \(route.destination == .all ? "default" : "\(route.destination)")"
        return "route «\(words)» of table \(FIBTable.name(of: table))"
    }

    /// What became of links and their addresses.
    func links(_ events: [KernelEvent]) -> [Deed] {
        guard let before = old.interfaces.value, let after = new.interfaces.value else { return [] }
        let known = Dictionary(
            before.map { ($0.index, $0) }, uniquingKeysWith: { first, _ in first })
        let left = Set(after.map(\.index))
        var deeds = after.compactMap { interface -> Deed? in
            guard let old = known[interface.index] else {
                return interface.addresses.isEmpty ? nil : Deed(what: "\(interface.name) came")
            }
            if old.name != interface.name {
                return Deed(what: "\(old.name) is called \(interface.name) now")
            }
            if old.state != interface.state, interface.state != .unknown, old.state != .unknown {
                return Deed(what: "\(interface.name) went \(interface.state.rawValue)")
            }
            let (was, isNow) = (Set(old.addresses), Set(interface.addresses))
            let change =
                was.subtracting(isNow).first.map { "lost the address \($0)" }
                ?? isNow.subtracting(was).first.map { "got the address \($0)" }
            return change.map {
                Deed(
                    what: "\(interface.name) \($0)",
                    author: events.last { $0.isOfAddress(of: interface.index) }?.author)
            }
        }
        deeds += before.filter { !left.contains($0.index) }.map {
            Deed(what: "\($0.name) went away")
        }
        return deeds
    }

    /// What became of kernel parameters.
    var parameters: [Deed] {
        guard let before = old.sysctls.value, let after = new.sysctls.value else { return [] }
        return after.sorted { $0.key < $1.key }.compactMap { name, value in
            guard let was = before[name], was != value else { return nil }
            return Deed(what: "\(name) became \(value), it was \(was)")
        }
    }

    /// What became of rows of the nat tables; `author` is who changed nftables meanwhile.
    func natRows(by author: KernelAuthor?) -> [Deed] {
        guard author?.isNatdeck != true, let before = old.nat.value, let after = new.nat.value
        else {
            return []
        }
        let (was, isNow) = (Self.rows(before), Self.rows(after))
        return [("added", isNow, was), ("removed", was, isNow)].compactMap { verb, some, others in
            let news = some.filter { others[$0.key] == nil }.map(\.value).sorted()
            guard let first = news.first else { return nil }
            let text =
                news.count == 1
                ? "nat row «\(first)» was \(verb)"
                : "nat row «\(first)» and \(news.count - 1) more were \(verb)"
            return Deed(what: text, author: author)
        }
    }

    /// The rows that natdeck did not make, by their names.
    private static func rows(_ sets: [NATRuleSet]) -> [RowID: String] {
        var rows: [RowID: String] = [:]
        for set in sets {
            for chain in set.chains {
                for (id, rule) in zip(NATRowIdentity.rules(chain, of: set.label), chain.rules)
                where !rule.isOwned {
                    rows[id] = "\(chain.name): \(rule.words)"
                }
            }
        }
        return rows
    }

    /// Which sources leave by another interface since; `nil` where none does.
    static func effect(from old: [HostEntry], to observed: Observed) -> (
        text: String, [IPv4Prefix]
    )? {
        let moved = old.compactMap { before -> (IPv4Prefix, String, String)? in
            guard let after = observed.host(before.source), after.egress != before.egress,
                before.decision.end != .unknown, after.decision.end != .unknown
            else { return nil }
            return (before.source, before.egress ?? "nothing", after.egress ?? "nothing")
        }
        guard let (source, was, isNow) = moved.first else { return nil }
        let rest = moved.count > 1 ? " and \(moved.count - 1) more" : ""
        let text =
            was == "nothing"
            ? "\(source)\(rest) leaves by \(isNow)"
            : isNow == "nothing"
                ? "\(source)\(rest) is cut off" : "\(source)\(rest) left \(was) for \(isNow)"
        return (text, moved.map(\.0))
    }
}

extension KernelEvent {
    /// Whether it tells of an address of this interface.
    fileprivate func isOfAddress(of interface: Int) -> Bool {
        switch self {
        case .addressAdded(let index, _), .addressRemoved(let index, _): index == interface
        default: false
        }
    }
}

extension KernelAuthor {
    /// Whether it is natdeck, here or elsewhere: its changes stand in the history.
    var isNatdeck: Bool { isOwn || name == "natdeck" }
}
