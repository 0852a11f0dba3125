internal import NATModel
internal import NATScreen

/// What is known of an interface besides its traffic, a fact a line.
struct InterfaceFacts {
    private let nic: EgressInterface
    private let state: DashboardState
    private let width: Int
    private var snapshot: Snapshot? { state.observed.snapshot }

    /// Cells of the word that says what a line is about.
    private static let heading = 11
    /// No more rules and hosts than this are listed; their views list all.
    private static let most = (rules: 20, hosts: 300)

    /// The facts about this interface, for lines of so many cells.
    init(_ nic: EgressInterface, _ state: DashboardState, width: Int) {
        self.nic = nic
        self.state = state
        self.width = width
    }

    /// The lines, wrapped to the room there is.
    var lines: [TextLine] {
        addresses + tables + rules + load + counters + faults + hosts
    }

    /// Texts under one word, which stands before the first of them.
    private func about(_ word: String, _ texts: [String], _ style: Style = .normal) -> [TextLine] {
        let wrapped = texts.flatMap { $0.wrapped(max(width - Self.heading, 1), indent: 2) }
        return wrapped.enumerated().map { place, text in
            var line = TextLine((place == 0 ? word : "").fitted(Self.heading) + text, style)
            line.heading = Self.heading
            return line
        }
    }

    private var addresses: [TextLine] {
        let own = nic.interface.addresses
        var texts = own.map { own in
            let outside = (nic.publicAddresses ?? []).filter { $0.privateAddress == own.address }
            let seen = outside.isEmpty ? "" : " seen as " + list(outside)
            return "\(own) (interface)\(seen)"
        }
        if texts.isEmpty { texts.append("none of its own") }
        let known = Set(own.map(\.address))
        let loose = (nic.publicAddresses ?? []).filter { address in
            !(address.privateAddress.map(known.contains) ?? false)
        }
        if !loose.isEmpty { texts.append("\(list(loose)), of which own address is not told") }
        switch nic.publicAddresses {
        case .none: texts.append("public address not known: nobody tells")
        case .some(let publics) where publics.isEmpty: texts.append("no public address")
        case .some: break
        }
        return about("ADDRESSES", texts)
    }

    private func list(_ addresses: [PublicAddress]) -> String {
        addresses.map { "\($0.address) (\($0.source.rawValue))" }.joined(separator: ", ")
    }

    /// Every table by which something can leave here.
    private var tables: [TextLine] {
        guard let tables = snapshot?.tables.value else { return about("TABLE", [Figure.missing]) }
        let name = nic.interface.name
        let texts = tables.flatMap { table in
            table.routes.filter { route in
                route.destination == .all
                    && (route.interface == name || route.hops.contains { $0.interface == name })
            }.map { text($0, in: table) }
        }
        let none = "no table that a rule looks up has a default route by it"
        return about("TABLE", texts.isEmpty ? [none] : texts)
    }

    private func text(_ route: Route, in table: FIBTable) -> String {
        let name = nic.interface.name
        let hop = route.hops.first { $0.interface == name }
        let gateway = route.nextHop ?? hop?.nextHop
        var text = FIBTable.name(of: table.id) + (route.isOwned ? ", ours: " : ": ")
        text += gateway.map { "gateway \($0)" } ?? "on link"
        if route.metric > 0 { text += ", metric \(route.metric)" }
        if hop != nil { text += ", one of \(route.hops.count)" }
        if route.isDead { text += ", dead" }
        if table.routes.contains(where: \.isBackstop) { text += ", closed behind it" }
        let users = (snapshot?.rules.value ?? []).filter {
            $0.table == table.id && $0.suppressPrefixLength == nil
        }.map(\.priority)
        let counts = Dictionary(users.map { ($0, 1) }, uniquingKeysWith: +)
        let names = counts.sorted { $0.key < $1.key }.map { $1 == 1 ? "\($0)" : "\($0) (\($1)×)" }
        let shown = names.prefix(6).joined(separator: ", ") + (names.count > 6 ? ", …" : "")
        return text + (users.isEmpty ? "; no rule uses it" : "; used by rule \(shown)")
    }

    /// The rules that translate what leaves here, with what each has counted.
    private var rules: [TextLine] {
        guard let sets = snapshot?.nat.value else { return about("NAT", [Figure.missing]) }
        var texts: [String] = []
        var rest = 0
        for set in sets {
            for chain in set.chains {
                for rule in chain.rules where translates(rule) {
                    if texts.count == Self.most.rules {
                        rest += 1
                    } else {
                        texts.append(text(rule, chain, set))
                    }
                }
            }
        }
        if rest > 0 { texts.append("… and \(rest) more, in the NAT view") }
        if texts.isEmpty { return about("NAT", ["no rule translates what leaves here"]) }
        return about("NAT", texts)
    }

    /// How full it is: link, queue and source ports.
    private var load: [TextLine] {
        guard let load = state.observed.loads[nic.interface.index] else { return [] }
        func link(_ limit: UInt64?, _ share: Double?) -> String {
            guard let limit else { return "speed not told by the driver" }
            return "\(share.map(Figure.share) ?? Figure.missing) of \(Figure.link(limit))b/s"
        }
        var texts = [
            "in \(link(load.receiveLimit, load.receivedShare)), out"
                + " \(link(load.sendLimit, load.sentShare))"
        ]
        if let queue = snapshot?.counters.value?[nic.interface.name]?.queue {
            let waiting = queue.waitingBytes.map { ", \(Figure.bytes(UInt64($0))) wait" } ?? ""
            let dropped = queue.droppedPackets.map { ", \($0) packets dropped" } ?? ""
            texts.append("queue \(queue.kind)\(waiting)\(dropped)")
        }
        if let ports = load.ports {
            texts.append(
                "\(ports.used) of \(PortUse.limit) source ports of \(ports.address) are taken towards"
                    + " \(ports.destination):\(ports.port) (\(Figure.share(ports.share)))")
        }
        return about("LOAD", texts)
    }

    private func translates(_ rule: NATRule) -> Bool {
        rule.translatesSource
            && rule.matchOutput(nic.interface.name) != .never
    }

    private func text(_ rule: NATRule, _ chain: NATChain, _ set: NATRuleSet) -> String {
        let extra = rule.extra.isEmpty ? "" : " \(rule.extra)"
        return "\(rule.target) from \(rule.source) out \(rule.output)\(extra) in \(chain.name)"
            + " (\(set.label)): \(Figure.count(Int(clamping: rule.packets), "new connection"))"
    }

    /// What it has carried since it was made.
    private var counters: [TextLine] {
        let counters = snapshot?.counters.value?[nic.interface.name]
        let text = counters.map {
            "in \(Figure.bytes($0.rxBytes)) in \($0.rxPackets) packets,"
                + " out \(Figure.bytes($0.txBytes)) in \($0.txPackets) packets"
        }
        return about("CARRIED", [text ?? Figure.missing])
    }

    /// What went wrong since it was made, and since natdeck looks.
    private var faults: [TextLine] {
        let first = EgressPanel.traffic(nic, state).first
        guard let now = snapshot?.counters.value?[nic.interface.name], let first else {
            return about("ERRORS", [Figure.missing]) + about("DROPS", [Figure.missing])
        }
        func line(
            _ word: String, _ received: KeyPath<InterfaceCounters, UInt64>,
            _ sent: KeyPath<InterfaceCounters, UInt64>
        ) -> [TextLine] {
            let news = [received, sent].map { now[keyPath: $0] &- first[keyPath: $0] }
            let text =
                "in \(now[keyPath: received]), out \(now[keyPath: sent]);"
                + " since natdeck was opened: in \(news[0]), out \(news[1])"
            return about(word, [text], Style(news == [0, 0] ? .normal : .warning))
        }
        return line("ERRORS", \.rxErrors, \.txErrors) + line("DROPS", \.rxDropped, \.txDropped)
    }

    /// Who leaves here, as many side by side as there is room for.
    private var hosts: [TextLine] {
        guard state.observed.knowsWays else { return about("HOSTS", [Figure.missing]) }
        let sources = state.observed.hosts.filter { $0.egress == nic.interface.name }.map(\.source)
        let shown = sources.prefix(Self.most.hosts).map { source in
            let name = state.showsNames ? state.name(of: source) : nil
            return source.description + (name.map { " \($0)" } ?? "")
        }
        let widest = shown.map(\.cellWidth).max() ?? 0
        let perLine = max((width - Self.heading + 2) / (widest + 2), 1)
        var texts = stride(from: 0, to: shown.count, by: perLine).map { start in
            shown[start..<min(start + perLine, shown.count)].map { $0.fitted(widest) }
                .joined(separator: "  ")
        }
        if sources.count > shown.count {
            texts.append("… and \(sources.count - shown.count) more, in the overview")
        }
        return about("HOSTS \(sources.count)", texts.isEmpty ? ["none"] : texts)
    }
}
