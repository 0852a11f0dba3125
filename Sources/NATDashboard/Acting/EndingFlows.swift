internal import NATModel
internal import NATPlan
internal import NATScreen

// Ending flows, as a plan like any other.
extension DashboardState {
    /// Plans that what is selected ends: a flow, those of a group, or all of the chosen hosts; of hosts
    /// with some on another interface those alone.
    mutating func planEndOfFlows() -> [Effect] {
        guard view == .flows else {
            let sources = chosenSources
            let hasOld = sources.contains { live.host($0)?.proof == .some }
            return plan(sources) { .cut(hasOld ? .old($0) : .all($0)) }
        }
        let keys: [FlowKey]
        switch table.selected {
        case .flow(let key): keys = [key]
        case .flowGroup(let name):
            let grouping = FlowsView.name(flowGrouping, FlowReader(observed))
            keys = flowList.flows.filter { $0.isLive && grouping($0) == name }.map { FlowKey($0) }
        default: keys = []
        }
        guard !keys.isEmpty else {
            remark = TextLine("no live flow is selected", Style(.warning))
            return []
        }
        return plan(.cut(.flows(keys)), undoes: nil)
    }
}
