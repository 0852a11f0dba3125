internal import NATModel
internal import NATPlan
internal import NATScreen

// The list of the cloud's instances, from which one is picked to be assigned.
extension DashboardState {
    /// Opens the list, and asks for it where that was not done lately.
    mutating func openPicker() -> [Effect] {
        mode = .picking(TypedSearch())
        guard let cloud = ownCloud, !instances.isAsked, instances.reading?.value == nil else {
            return []
        }
        instances.ask(atMilliseconds: now)
        return [.listInstances(cloud)]
    }

    /// The instances that what was typed lets through.
    func picked(_ picker: TypedSearch) -> [CloudInstance] {
        let wanted = RowFilter(picker.text)
        guard !wanted.words.isEmpty else { return instances.instances }
        return instances.instances.filter { wanted.lets(InstancePanel.row($0, self)) }
    }

    /// What a key does in it.
    mutating func pick(_ picker: TypedSearch, _ key: Key, _ action: Action?) -> [Effect] {
        switch action {
        case .enter:
            let shown = picked(picker)
            guard let instance = shown.first(where: { $0.number == picker.place.selected })
            else { return [] }
            return assign(
                AssignDialog(
                    sources: .typed("\(SourceName.instance(instance.number))"), choice: nil,
                    focus: .source),
                .enter, .enter)
        case .reread:
            guard let cloud = ownCloud, !instances.isAsked else { return [] }
            instances.ask(atMilliseconds: now)
            return [.listInstances(cloud)]
        default:
            var next = picker
            let stays = next.take(
                key, action,
                among: (picked(picker).map(\.number), InstancePanel.rows(layout)))
            mode = stays ? .picking(next) : .browsing
            return []
        }
    }

    /// Finds the selection again after the list may have changed.
    mutating func settlePicker() {
        guard case .picking(var picker) = mode else { return }
        picker.place.settle(
            picked(picker).map(\.number), visibleRows: InstancePanel.rows(layout))
        mode = .picking(picker)
    }
}
