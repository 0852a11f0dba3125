public import NATModel

extension LocalBox {
    /// Waits for the first flow that these sources begin from now on, and tells under which address
    /// it was answered.
    ///
    /// It looks again and again, for at most a fifth of the time: to be told of every new flow of the
    /// box by the kernel would cost the more the busier the others are.
    ///
    /// - Parameter patience: how long it waits where nothing is answered.
    public func firstFlow(
        of sources: [IPv4Prefix], within patience: Duration
    ) async -> FlowWatch.Outcome {
        let host = FlowSelections(sources.map { FlowSelection($0) }).onlyHost
        let began = ContinuousClock.now
        let before: [ConntrackFlow]
        switch await flows(of: sources, from: host) {
        case .value(let flows): before = flows
        case .failed(let failure): return .unread(failure)
        }
        var watch = FlowWatch(sources, before: before)
        var looked = ContinuousClock.now - began
        while ContinuousClock.now - began < patience, !Task.isCancelled {
            try? await Task.sleep(for: max(Self.pause, looked * 4))
            let start = ContinuousClock.now
            switch await flows(of: sources, from: host) {
            case .value(let flows):
                if let outcome = watch.look(at: flows) { return outcome }
            case .failed(let failure): return .unread(failure)
            }
            looked = ContinuousClock.now - start
        }
        return watch.verdict
    }

    private static let pause = Duration.milliseconds(200)

    /// The flows of these sources, closed ones among them.
    public func flows(of sources: [IPv4Prefix]) async -> Reading<[ConntrackFlow]> {
        await flows(
            of: sources, from: FlowSelections(sources.map { FlowSelection($0) }).onlyHost)
    }

    private func flows(
        of sources: [IPv4Prefix], from host: IPv4Address?
    ) async -> Reading<[ConntrackFlow]> {
        let set = SourceSet(sources)
        return await conntrack.total([ConntrackFlow](), from: host) { flows, flow in
            if set.contains(flow.original.source) { flows.append(flow) }
        }
    }
}
