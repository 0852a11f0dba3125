public import NATModel

extension ConntrackSource {
    /// The flows of these sources, one by one, as many as a person reads.
    public func flows(of sources: [IPv4Prefix]) async -> Reading<FlowSample> {
        let set = SourceSet(sources)
        let host = FlowSelections(sources.map { FlowSelection($0) }).onlyHost
        return await total(FlowSample(), from: host) { sample, flow in
            if set.contains(flow.original.source) { sample.add(flow) }
        }
    }
}
