internal import NATModel
internal import NATScreen

/// All there is to know of one interface, over the whole body.
enum InterfacePanel {
    /// The panel, its graphs as high as the room lets them be.
    static func popup(_ panel: TextPanel, _ index: Int, _ state: DashboardState) -> Popup {
        let layout = state.layout
        let all = state.observed.egress
        let title = all.firstIndex { $0.interface.index == index }.map { place in
            let name = EgressPanel.name(all[place].interface).text
            return all.count == 1 ? name : "\(name)  \(place + 1) of \(all.count)"
        }
        let lines = lines(index, state)
        let last = max(lines.count - layout.filledTextRows, 0)
        return Popup(
            title: title ?? "Details", lines: lines, offset: min(panel.offset, last),
            fillsBody: true)
    }

    /// The interface with this kernel index, where hosts can still leave by it.
    private static func nic(_ index: Int, _ state: DashboardState) -> EgressInterface? {
        state.observed.egress.first { $0.interface.index == index }
    }

    /// Its lines, wrapped to the room there is.
    static func lines(_ index: Int, _ state: DashboardState) -> [TextLine] {
        let layout = state.layout
        let width = layout.filledTextWidth
        guard let nic = nic(index, state) else {
            return [TextLine("this interface is gone, or nobody leaves by it", Style(.warning))]
        }
        let complaints = state.complaints(EgressPanel.parts + HostPanel.parts)
            .flatMap { "! \($0)".wrapped(width, indent: 2) }.map { TextLine($0, Style(.warning)) }
        let facts = complaints + InterfaceFacts(nic, state, width: width).lines
        // Two headings and the axis; the facts come first where there is not room for all.
        let room = layout.filledTextRows - 3 - min(facts.count, layout.filledTextRows / 2)
        // Of an even height above the lowest, so that the middle of the scale has a place.
        let height = layout.isShort ? 1 : min(max(room / 4 * 2, 3), 12)
        let graphs = InterfaceGraph.lines(
            EgressPanel.traffic(nic, state), state, width: width, height: height)
        return graphs + facts
    }
}

extension DashboardState {
    /// Opens the interface that is selected in the overview.
    mutating func openSelectedInterface() {
        guard let index = egressPlace.selected?.interfaceIndex else {
            remark = TextLine("no interface is listed", Style(.dim))
            return
        }
        mode = .reading(TextPanel(kind: .interface(index)))
    }

    /// Goes to the next interface while one is open, round the end; the selection goes along.
    mutating func openInterface(after panel: TextPanel, by distance: Int) {
        guard case .interface(let index) = panel.kind else { return }
        let indexes = observed.egress.map(\.interface.index)
        guard !indexes.isEmpty else { return }
        let place = indexes.firstIndex(of: index).map { $0 + distance } ?? 0
        let next = indexes[(place + indexes.count) % indexes.count]
        mode = .reading(TextPanel(kind: .interface(next)))
        let id = egressTable.rows.ids.first { $0.interfaceIndex == next }
        if let id { egressPlace.select(id) }
    }
}
