internal import NATModel
internal import NATPlan
internal import NATScreen

/// The list of the cloud's instances, from which one is picked to be assigned.
struct InstancePicker: Hashable, Sendable {
    /// What has been typed: words of the names, numbers, addresses that are shown.
    var text = ""
    /// Where the operator is in the list, by the number of the instance.
    var place = TableState<String>()

    private static let longestText = 60

    /// Adds text at the end; the first match is selected anew.
    mutating func type(_ addition: String) {
        text = String((text + addition.strippedOfControlsKeepingSpaces).prefix(Self.longestText))
        place = TableState<String>()
    }
}

extension DashboardState {
    /// Opens the list, and asks for it where that was not done lately.
    mutating func openPicker() -> [Effect] {
        mode = .picking(InstancePicker())
        guard let cloud = ownCloud, !instances.isAsked, instances.reading?.value == nil else {
            return []
        }
        instances.ask(atMilliseconds: now)
        return [.listInstances(cloud)]
    }

    /// The instances that what was typed lets through.
    func picked(_ picker: InstancePicker) -> [CloudInstance] {
        let wanted = RowFilter(picker.text)
        guard !wanted.words.isEmpty else { return instances.instances }
        return instances.instances.filter { wanted.lets(InstancePanel.row($0, self)) }
    }

    /// What a key does in it.
    mutating func pick(_ picker: InstancePicker, _ key: Key, _ action: Action?) -> [Effect] {
        var picker = picker
        switch action {
        case .close:
            mode = .browsing
            return []
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
            mode = .picking(picker)
            return [.listInstances(cloud)]
        case .eraseCharacter:
            guard !picker.text.isEmpty else {
                mode = .browsing
                return []
            }
            picker.text.removeLast()
            picker.place = TableState<String>()
        case .eraseAll: picker = InstancePicker()
        case .move(let movement):
            picker.place.move(
                movement, picked(picker).map(\.number), visibleRows: InstancePanel.rows(layout))
        default:
            if case .character(let scalar) = key { picker.type(String(Character(scalar))) }
        }
        mode = .picking(picker)
        return []
    }

    /// Finds the selection again after the list may have changed.
    mutating func settlePicker() {
        guard case .picking(var picker) = mode else { return }
        picker.place.settle(
            picked(picker).map(\.number), visibleRows: InstancePanel.rows(layout))
        mode = .picking(picker)
    }
}
