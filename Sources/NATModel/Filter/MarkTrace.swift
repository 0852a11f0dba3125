/// What is known of the marks of a packet on its way out through the box.
struct MarkTrace: Hashable, Sendable {
    /// A place on that way: the places of one hook come in the order of their priorities.
    struct Place: Hashable, Comparable, Sendable {
        let hook: Int
        let priority: Int

        init(_ hook: FilterIndex.Hook, _ priority: Int) {
            self.hook = FilterIndex.Hook.allCases.firstIndex(of: hook) ?? 0
            self.priority = priority
        }

        static func < (one: Self, other: Self) -> Bool {
            (one.hook, one.priority) < (other.hook, other.priority)
        }
    }

    /// What base chains at one place make of them.
    private struct Change: Hashable, Sendable {
        let place: Place
        let chains: [FilterBase]
        let after: PacketMarks
    }

    private let first: PacketMarks
    /// The places where they change, in order.
    private var changes: [Change] = []

    /// What a packet has that comes in.
    init(_ first: PacketMarks) { self.first = first }

    /// The marks of what comes to the chains of a place.
    func marks(before place: Place) -> PacketMarks {
        changes.last { $0.place < place }?.after ?? first
    }

    /// The marks of what comes to a chain: another one at its place may have come before it.
    func marks(at place: Place, _ chain: FilterBase) -> PacketMarks {
        let before = marks(before: place)
        guard let change = changes.first(where: { $0.place == place }), change.chains != [chain]
        else { return before }
        return change.chains.count == 1 ? before.or(change.after) : .unknown
    }

    /// The marks of what is routed.
    var routed: PacketMarks {
        let last = Place(.prerouting, .max)
        return changes.last { $0.place <= last }?.after ?? first
    }

    /// Takes what chains at a place make of them.
    fileprivate mutating func take(_ after: PacketMarks, of chains: [FilterBase], at place: Place) {
        changes.append(Change(place: place, chains: chains, after: after))
    }
}

/// The chains of a box that may change marks, in the order in which a packet that leaves passes them.
struct MarkChains: Sendable {
    private let groups: [(place: MarkTrace.Place, bases: [Chain])]
    /// What a packet has that comes in.
    private let first: PacketMarks
    /// The interfaces whose packets may bring a mark along.
    private let tunnels: Set<String>
    /// Whether any packet may, as what IPsec has carried does.
    private let areAllTunnels: Bool

    private typealias Chain = (index: FilterIndex, base: FilterIndex.Base)

    /// Those of these tables.
    ///
    /// - Parameters:
    ///   - others: the bits that natdeck itself sets, of which these tables tell nothing.
    ///   - tunnels: the interfaces whose packets have come in by another one before.
    init(_ sets: [NATRuleSet], links: LinkLayers, others: UInt32, tunnels: Set<String>) {
        let changing = sets.filter(\.changesMarks)
        first = PacketMarks(
            packet: KnownMark.unmarked.forgetting(others),
            connection: KnownMark.unmarked.forgetting(others))
        self.tunnels = changing.isEmpty ? [] : tunnels
        areAllTunnels = !changing.isEmpty && sets.contains { $0.program == NATRuleSet.ipsec }
        var bases: [MarkTrace.Place: [Chain]] = [:]
        for hook in FilterIndex.Hook.allCases {
            let index = FilterIndex(changing, at: hook, links: links)
            for base in index.groups.joined() {
                bases[MarkTrace.Place(hook, base.priority), default: []].append((index, base))
            }
        }
        groups = bases.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }

    /// What becomes of the marks of a packet.
    func trace(_ packet: ForwardedPacket) -> MarkTrace {
        // What a tunnel brings has the mark that its own packets had.
        let mayBring =
            areAllTunnels || !tunnels.isEmpty && packet.input.map(tunnels.contains) ?? true
        var trace = MarkTrace(mayBring ? .unknown : first)
        for (place, bases) in groups {
            let before = trace.marks(before: place)
            var after = passed(bases, packet, before)
            // The order of several is not known.
            if bases.count > 1 { after = after.or(passed(bases.reversed(), packet, before)) }
            trace.take(after, of: bases.map(\.base.chain), at: place)
        }
        return trace
    }

    /// The marks of what has passed some chains one after the other.
    private func passed(
        _ bases: [Chain], _ packet: ForwardedPacket, _ marks: PacketMarks
    ) -> PacketMarks {
        var packet = packet
        var marks = marks
        for (index, base) in bases {
            let match = index.match(packet, base)
            if match == .never { continue }
            packet.markTrace = MarkTrace(marks)
            // Where nothing goes on, it is no matter with which mark.
            let after = index.walk(packet, in: base).marks ?? marks
            marks = match == .always ? after : after.or(marks)
        }
        return marks
    }
}

extension NATRuleSet {
    /// Whether a rule of it may change the mark of a packet or of a connection.
    fileprivate var changesMarks: Bool {
        if isDormant { return false }
        let names = Set(chains.map(\.name))
        return chains.contains { chain in
            chain.rules.contains { rule in
                switch rule.filter.effect {
                // A target that natdeck does not know.
                case .jump(let name), .goto(let name): !names.contains(name)
                default: rule.filter.effect.changesMarks
                }
            }
        }
    }
}

extension Interface {
    /// Whether packets have come in by another interface of the box before they come in here, and
    /// keep the mark that they had there.
    ///
    /// Source: skb_scrub_packet in net/core/skbuff.c, which clears it between network namespaces
    /// alone, and for WireGuard.
    var keepsMarksOfOthers: Bool {
        [
            "gre", "gretap", "erspan", "ipip", "sit", "vti", "vxlan", "geneve", "xfrm", "ip6tnl",
            "ip6gre",
        ].contains(kind ?? "")
    }
}
