public import NATModel

/// What was lost, likely by whom, and what became of it.
public struct DriftReport: Hashable, Sendable, CustomStringConvertible {
    /// What was lost.
    public var losses: [Loss]
    /// Who is behind it; `nil` where nothing points at anybody.
    public var culprit: String?
    /// Whether the kernel names the culprit; otherwise it is only likely.
    public var isCertain = false
    /// What became of it.
    public var result: Result
    /// Whether it was never there since the guard began: the file asks for it, and nobody took it.
    public var isAsked: Bool
    /// What the names that are followed have to do with it; `nil` where nothing was lost because of
    /// them.
    public var following: String?

    /// What became of a loss.
    public enum Result: Hashable, Sendable {
        /// It is back, so long after it was noticed.
        case restored(milliseconds: Int)
        /// It is not back, for this reason.
        case notRestored(String)
        /// It was put back so often that the guard waits before the next time.
        case waiting(seconds: Int, times: Int)
    }

    /// A report of these losses.
    public init(losses: [Loss], culprit: String?, result: Result, isAsked: Bool = false) {
        self.isAsked = isAsked
        self.losses = losses
        self.culprit = culprit
        self.result = result
    }

    /// A report of these losses, by whom the kernel names or else by whom is likely.
    public init(
        losses: [Loss], _ culprit: Culprit, result: Result, isAsked: Bool = false
    ) {
        let author = culprit.author(of: losses)
        self.init(
            losses: losses, culprit: author?.description ?? culprit.name(of: losses),
            result: result, isAsked: isAsked)
        isCertain = author != nil
    }

    /// What was lost and likely by whom, without what became of it.
    public var cause: String {
        if let following { return following }
        if losses == [.shape] { return "natdeck's nft table was made by another version of it" }
        let names = losses.map(\.description)
        let shown = names.count > 4 ? names.prefix(3) + ["\(names.count - 3) more"] : names[...]
        if isAsked { return "\(shown.joined(separator: ", ")), as \(SavedAssignment.path) asks" }
        let verb = losses.count == 1 ? "was" : "were"
        return "\(shown.joined(separator: ", ")) \(verb) lost, "
            + (culprit.map { isCertain ? "by \($0)" : "likely by \($0)" } ?? "by whom is unknown")
    }

    /// The report in one line.
    public var description: String {
        switch result {
        case .restored(let milliseconds) where following != nil:
            "\(cause): followed in \(milliseconds) ms"
        case .restored(let milliseconds):
            "\(cause): \(isAsked ? "made" : "restored") in \(milliseconds) ms"
        case .notRestored(let reason): "\(cause): not \(isAsked ? "made" : "restored"): \(reason)"
        case .waiting(let seconds, let times):
            "\(cause): restored \(times) times and lost again; waiting \(seconds) s before the next"
                + " time, so as not to fight"
        }
    }
}

/// Points at whoever is likely behind a loss.
public struct Culprit: Sendable {
    /// What the kernel announced lately, with the time since, oldest first.
    public var events: [(event: KernelEvent, agoMilliseconds: Int)]
    /// Programs that were seen lately, with how long before now they had started.
    public var processes: [SeenProcess]
    /// The interfaces of the box, to name those of events.
    public var interfaces: [Interface]

    private static let eventMilliseconds = 3000
    private static let processMilliseconds = 5000
    /// Programs that change rules, routes or NAT by themselves or for somebody, the most telling
    /// first: a DHCP client also starts `ip`.
    private static let suspects = [
        "ec2ifup", "ec2ifdown", "ec2dhcp", "dhclient", "dhclient-script", "dhcpcd", "udhcpc",
        "networkctl", "systemd-network", "netplan", "nmcli", "NetworkManager", "ifup", "ifdown",
        "firewall-cmd", "firewalld", "ufw", "dockerd", "containerd", "kube-proxy", "shorewall",
        "iptables-restor", "iptables-nft", "iptables-legacy", "iptables", "xtables-nft-mul",
        "xtables-legacy-", "nft", "sysctl", "ip",
    ]

    /// A look at these.
    public init(
        events: [(event: KernelEvent, agoMilliseconds: Int)], processes: [SeenProcess],
        interfaces: [Interface]
    ) {
        self.events = events
        self.processes = processes
        self.interfaces = interfaces
    }

    /// Who the kernel says did it, the last one; `nil` where it does not say, or natdeck did.
    public func author(of losses: [Loss]) -> KernelAuthor? {
        for event in events.reversed() where losses.contains(where: event.event.isLoss) {
            guard let author = event.event.author, !author.isOwn,
                author.port != 0 || author.process != nil
            else { continue }
            return author
        }
        return nil
    }

    /// Who is likely behind these losses; `nil` where nothing points at anybody.
    public func name(of losses: [Loss]) -> String? {
        let isRoute = losses.contains { if case .route = $0 { true } else { false } }
        // Routes go with their link or address; rules and NAT have to be deleted by somebody.
        return isRoute ? link ?? address ?? process : process ?? link ?? address
    }

    private var recent: [KernelEvent] {
        events.filter { $0.agoMilliseconds <= Self.eventMilliseconds }.map(\.event)
    }

    private var link: String? {
        var down: Set<Int> = []
        var text: String?
        for event in recent {
            switch event {
            case .link(let index, false), .linkRemoved(let index):
                down.insert(index)
                text = "\(name(index)), which went down"
            case .link(let index, true) where down.contains(index):
                text = "\(name(index)), which went down and came up again"
            default: continue
            }
        }
        return text
    }

    private var address: String? {
        let changes = recent.compactMap { event -> (index: Int, author: KernelAuthor)? in
            switch event {
            case .addressRemoved(let index, let author), .addressAdded(let index, let author):
                (index, author)
            default: nil
            }
        }
        return changes.last.map { index, author in
            author.name == nil
                ? "a new lease: the addresses of \(name(index)) changed"
                : "the addresses of \(name(index)) were changed by \(author)"
        }
    }

    private var process: String? {
        let young = processes.filter { $0.ageMilliseconds <= Self.processMilliseconds }
        for suspect in Self.suspects {
            guard let found = young.first(where: { $0.name == suspect }) else { continue }
            let tenths = found.ageMilliseconds / 100
            return "\(suspect), which had started \(tenths / 10).\(tenths % 10) s before"
        }
        return nil
    }

    private func name(_ index: Int) -> String {
        interfaces.first { $0.index == index }?.name ?? "interface \(index)"
    }
}

extension KernelEvent {
    /// Whether what it tells of is the loss, or may be.
    fileprivate func isLoss(_ loss: Loss) -> Bool {
        switch (self, loss) {
        case (.ruleRemoved(let rule, _), .rule(let source)): rule.source == source
        case (.routeRemoved(let route, let table, _), .route(let lost, let interface)):
            table == lost && route.interface == interface
        case (.ruleRemoved(let rule, _), .mark(let table)): rule.isMark && rule.table == table
        case (.ruleRemoved(let rule, _), .landing):
            rule.isOwned && rule.source == nil && !rule.isMark
        case (.routeRemoved(let route, let table, _), .internals(let lost)):
            table == lost && route.isOwned && route.type == "throw"
        case (.routeRemoved(let route, let table, _), .backstop(let lost)):
            table == lost && route.isBackstop
        case (.ruleRemoved(let rule, _), .closing(let network)):
            rule.isClosing && rule.source == network
        case (.nftablesChanged, .masquerade), (.nftablesChanged, .gate): true
        default: false
        }
    }
}
