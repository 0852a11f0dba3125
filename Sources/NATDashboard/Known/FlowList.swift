internal import NATModel

/// What flows are put together by.
enum FlowGrouping: Hashable, Sendable, CaseIterable {
    case flow, peer, port, publicAddress

    /// What it is called.
    var title: String {
        switch self {
        case .flow: "flow"
        case .peer: "peer"
        case .port: "port"
        case .publicAddress: "public IP"
        }
    }

    /// The next one, round the end.
    var next: FlowGrouping {
        let all = Self.allCases
        let place = all.firstIndex(of: self) ?? 0
        return all[(place + 1) % all.count]
    }
}

/// The flows that were asked for, of a few sources, with what each carries per second.
struct FlowList: Sendable {
    /// Whose flows; none before anybody was asked for.
    private(set) var sources: [IPv4Prefix] = []
    /// What was read; `nil` until it was.
    private(set) var reading: Reading<FlowSample>?
    /// When, in milliseconds of the monotonic clock.
    private(set) var readAtMilliseconds: Int64 = 0
    /// How often it has changed.
    private(set) var generation = 0
    /// Whether an answer is awaited.
    private var isAsked = false
    private var rates: [FlowKey: Rates] = [:]
    private var traffic: [FlowKey: ConntrackFlow.Traffic] = [:]

    /// Bytes per second.
    struct Rates: Hashable, Sendable {
        var received: Double
        var sent: Double
        /// Both directions.
        var sum: Double { received + sent }
    }

    /// The flows; none where they are not known.
    var flows: [ConntrackFlow] { reading?.value?.flows ?? [] }

    /// Begins anew with other sources.
    mutating func ask(for sources: [IPv4Prefix]) {
        guard sources != self.sources else { return }
        self = FlowList(sources: sources, generation: generation + 1)
    }

    /// Takes an answer; one to an older question is none.
    mutating func take(
        _ reading: Reading<FlowSample>, of sources: [IPv4Prefix], atMilliseconds now: Int64
    ) {
        guard sources == self.sources else { return }
        isAsked = false
        let span = Double(now - readAtMilliseconds) / 1000
        let before = traffic
        rates = [:]
        traffic = [:]
        for flow in reading.value?.flows ?? [] {
            guard let carried = flow.traffic else { continue }
            let key = FlowKey(flow)
            traffic[key] = carried
            guard let old = before[key], span > 0, carried.replyBytes >= old.replyBytes,
                carried.originalBytes >= old.originalBytes
            else { continue }
            rates[key] = Rates(
                received: Double(carried.replyBytes - old.replyBytes) / span,
                sent: Double(carried.originalBytes - old.originalBytes) / span)
        }
        self.reading = reading
        readAtMilliseconds = now
        generation += 1
    }

    /// Whether they are to be read now, which then is awaited: once they are older than the interval,
    /// and so seldom that reading takes no more than a twentieth of a core, however many there are.
    mutating func isDue(every intervalMilliseconds: Int, atMilliseconds now: Int64) -> Bool {
        guard !isAsked, !sources.isEmpty else { return false }
        // A reading that comes a little early must not skip a turn.
        let pause = max(Int64(max(intervalMilliseconds, 1000)) * 9 / 10, took * Self.pausePerTime)
        guard reading == nil || now - readAtMilliseconds >= pause else { return false }
        isAsked = true
        return true
    }
    private static let pausePerTime: Int64 = 20

    /// How old they are, in milliseconds, where they take so long that they are read seldom; `nil`
    /// where they are as fresh as the rest.
    func age(every intervalMilliseconds: Int, atMilliseconds now: Int64) -> Int64? {
        let usual = Int64(max(intervalMilliseconds, 1000))
        return took * Self.pausePerTime > usual * 3 ? max(now - readAtMilliseconds, 0) : nil
    }

    private var took: Int64 { reading?.value?.tookMilliseconds ?? 0 }

    /// What a flow carries per second; `nil` before two readings, or where nothing is counted.
    func rates(of flow: ConntrackFlow) -> Rates? { rates[FlowKey(flow)] }

    private init(sources: [IPv4Prefix], generation: Int) {
        self.sources = sources
        self.generation = generation
    }

    /// Nobody's.
    init() {}
}

extension DashboardState {
    /// Asks for the flows of the marked hosts, or of the one under the bar.
    mutating func askForFlows() { flowList.ask(for: chosenSources) }

    /// Wishes for the flows that are on the screen, once they are older than the interval.
    ///
    /// Only while somebody looks at them: a box may have millions.
    mutating func flowsToRead() -> [Effect] {
        guard view == .flows, frozen == nil,
            flowList.isDue(every: intervalMilliseconds, atMilliseconds: now)
        else { return [] }
        return [.readFlows(flowList.sources)]
    }

    /// Goes to the host of the selected flow, in the overview.
    mutating func goToHost() {
        let source: IPv4Prefix? =
            switch table.selected {
            case .flow(let key): IPv4Prefix(key.original.source)
            default: flowList.sources.first
            }
        view = .overview
        overviewPane = .hosts
        guard let source, observed.host(source) != nil else { return }
        tables[.overview, default: TableState<RowID>()].select(.host(source))
    }
}
