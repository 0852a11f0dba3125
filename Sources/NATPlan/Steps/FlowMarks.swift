public import NATModel

/// Which marks the flows of some sources get, that leave by an egress already.
public struct FlowMarks: Hashable, Sendable {
    /// The bits that are natdeck's.
    public var mask: UInt32
    /// The egresses.
    public var egresses: [Egress]
    /// The sources, and no others.
    public var sources: [IPv4Prefix]
    /// Whether natdeck's table does it, for each of them with its next packet, as it does where a map
    /// steers their source: nothing is looked for.
    public var isByTable: Bool

    /// An egress, and the addresses of the box by which its flows are known.
    public struct Egress: Hashable, Sendable {
        /// Its number.
        public var number: Int
        /// The bits of its mark.
        public var mark: PacketMark
        /// The interface.
        public var interface: String
        /// Where answers are sent to.
        public var addresses: [IPv4Address]
    }

    /// These marks for the flows of these sources.
    init(
        mask: UInt32, egresses: [Egress], sources: [IPv4Prefix], isByTable: Bool = false
    ) {
        self.mask = mask
        self.egresses = egresses
        self.sources = sources
        self.isByTable = isByTable
    }

    /// The host that all of them are of; `nil` where there are several, or a network.
    public var onlyHost: IPv4Address? {
        sources.count == 1 ? sources.first.flatMap { $0.length == 32 ? $0.network : nil } : nil
    }

    /// Tells the mark a flow gets; `nil` for one of other sources, or that has a mark or no known
    /// way.
    public var choice: @Sendable (ConntrackFlow) -> PacketMark? {
        let ways = Ways(self)
        return { [mask] flow in flow.mark & mask == 0 ? ways.way(of: flow)?.mark : nil }
    }
}

extension FlowMarks {
    /// By which egress flows leave, made once for all of them.
    ///
    /// A flow is known by the address of the box that its answers are sent to, and a port forward by
    /// the one that it came in at.
    struct Ways: Sendable {
        private let sources: SourceSet
        private let egresses: [IPv4Address: Egress]

        init(_ marks: FlowMarks) {
            sources = SourceSet(marks.sources)
            egresses = Dictionary(
                marks.egresses.flatMap { egress in egress.addresses.map { ($0, egress) } },
                uniquingKeysWith: { first, _ in first })
        }

        /// The egress of a flow of these sources; `nil` for any other flow.
        func way(of flow: ConntrackFlow) -> Egress? {
            if flow.isDestinationTranslated, sources.contains(flow.reply.source) {
                return egresses[flow.original.destination]
            }
            guard sources.contains(flow.original.source) else { return nil }
            return egresses[flow.reply.destination]
        }
    }
}

/// Who does it where that is the table, then fields with slashes between them, as no name of an
/// interface holds one, then the sources.
extension FlowMarks: TextCodable {
    /// `0xff0000/table/1:172.31.8.207+172.31.8.209:eth0 10.0.0.7,10.0.0.8`.
    public var description: String {
        MarkWords.text(
            mask,
            (isByTable ? [Self.table] : [])
                + egresses.map { MarkWords.field(($0.number, $0.addresses, $0.interface)) },
            sources)
    }

    private static let table = "table"

    /// Reads the words; `nil` where they say something else.
    public init?(_ text: String) {
        guard let words = MarkWords(text) else { return nil }
        let isByTable = words.fields.first.map { $0 == Self.table } ?? false
        self.init(mask: words.mask, egresses: [], sources: words.sources, isByTable: isByTable)
        for field in words.fields.dropFirst(isByTable ? 1 : 0) {
            guard let (number, addresses, interface) = MarkWords.egress(field),
                let mark = ConnectionMarks.mark(of: number, mask: mask)
            else { return nil }
            egresses.append(
                Egress(number: number, mark: mark, interface: interface, addresses: addresses))
        }
    }
}
