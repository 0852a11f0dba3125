public import NATModel

extension ConntrackSource {
    /// The flows of these sources, one by one, as many as a person reads.
    public func flows(of sources: [IPv4Prefix]) async -> Reading<FlowSample> {
        let set = SourceSet(sources)
        let host = FlowSelections(sources.map { FlowSelection($0) }).onlyHost
        let began = ContinuousClock.now
        let sample = await total(FlowSample(), from: host) { sample, flow in
            if set.contains(flow.original.source) { sample.add(flow) }
        }
        let took = (ContinuousClock.now - began) / .milliseconds(1)
        return sample.map { sample in
            var sample = sample
            sample.tookMilliseconds = Int64(took)
            return sample
        }
    }
}
