internal import NATModel
internal import NATPlan
internal import NATScreen

// The choice of an egress, up to the plan that follows from it.
extension DashboardState {
    /// Opens the choice of an interface.
    mutating func openAssign(_ sources: [IPv4Prefix]) {
        mode = .assigning(
            AssignDialog(
                sources: sources.isEmpty ? .typed("") : .chosen(sources), choice: nil,
                focus: sources.isEmpty ? .source : .interface))
        offerInterface()
    }

    /// Puts the bar on an interface, as soon as one is known.
    mutating func offerInterface() {
        guard case .assigning(var dialog) = mode, dialog.choice == nil else { return }
        let offered = live.offered
        let current = (try? parsed(dialog)).flatMap { currentEgress(of: $0) }
        // The one place the host can be moved to, where there are only two.
        dialog.choice = (offered.first { !$0.isSo(current) } ?? offered.first)?.egress
        mode = .assigning(dialog)
    }

    /// Where all of these leave now; `nil` where they differ or it is not known.
    func currentEgress(of sources: [IPv4Prefix]) -> Egress? {
        let wanted = Set(sources)
        guard !wanted.isEmpty else { return nil }
        let entries = live.hosts.filter { wanted.contains($0.source) }
        let ways = Set(entries.map(\.present))
        return entries.count == wanted.count && ways.count == 1 ? entries.first?.present : nil
    }

    /// Keys in the choice of an interface.
    mutating func assign(_ dialog: AssignDialog, _ key: Key, _ action: Action?) -> [Effect] {
        var dialog = dialog
        let egresses = live.offered.map(\.egress)
        let place = dialog.choice.flatMap { egresses.firstIndex(of: $0) }
        switch action {
        case .close:
            mode = .browsing
            return []
        case .switchFocus: dialog.focus = dialog.focus == .source ? .interface : .source
        case .eraseCharacter: dialog.eraseCharacter()
        case .eraseAll: dialog.eraseAll()
        case .move(.lines(let count)):
            if let place, egresses.indices.contains(place + count) {
                dialog.choice = egresses[place + count]
            } else if count < 0 {
                dialog.focus = .source
            } else if place == nil {
                dialog.choice = egresses.first
            }
        case .pickInstance: return openPicker()
        case .enter where dialog.focus == .source:
            if let effects = follow(&dialog) {
                mode = .assigning(dialog)
                return effects
            }
            do throws(AssignDialog.InputError) {
                _ = try parsed(dialog)
                dialog.focus = .interface
            } catch {
                dialog.complaint = error.reason
                // The box may know a name that none of its hosts was found by.
                if let name = error.name, !self.names.hasLookedUp(name) {
                    dialog.complaint = "looking \(name) up…"
                    mode = .assigning(dialog)
                    return [.findAddress(of: name)]
                }
            }
        case .enter: return planAssignment(dialog)
        default:
            guard case .character(let scalar) = key else { return [] }
            if dialog.focus == .source {
                dialog.type(String(Character(scalar)))
            } else if let digit = Character(scalar).wholeNumberValue {
                if dialog.type(digit: digit, among: egresses, atMilliseconds: now) {
                    return planAssignment(dialog)
                }
            } else if let chosen = Self.choice(scalar, among: egresses, after: place) {
                dialog.choice = chosen.egress
                // Not by the key that accepts a plan: held down it would open and accept it.
                if chosen.isOnlyOne, scalar != "y" { return planAssignment(dialog) }
            }
        }
        mode = .assigning(dialog)
        return []
    }

    /// The next egress whose interface has this first letter.
    private static func choice(
        _ scalar: Unicode.Scalar, among egresses: [Egress], after place: Int?
    ) -> (egress: Egress, isOnlyOne: Bool)? {
        let matches = egresses.indices.filter {
            egresses[$0].interface.unicodeScalars.first == scalar
        }
        let next = matches.first { $0 > (place ?? -1) } ?? matches.first
        return next.map { (egresses[$0], matches.count == 1) }
    }

    /// The sources of the dialog; names that are known stand for their addresses.
    func parsed(_ dialog: AssignDialog) throws(AssignDialog.InputError) -> [IPv4Prefix] {
        try dialog.parsed(naming: names.address(of:))
    }

    private mutating func planAssignment(_ dialog: AssignDialog) -> [Effect] {
        var dialog = dialog
        guard let choice = dialog.choice else {
            dialog.complaint = "no interface to leave by was found"
            mode = .assigning(dialog)
            return []
        }
        do throws(AssignDialog.InputError) {
            let sources = try parsed(dialog)
            return plan(
                intent(assigning: sources, of: dialog, to: choice), undoes: nil)
        } catch {
            dialog.complaint = error.reason
            dialog.focus = .source
            mode = .assigning(dialog)
            return []
        }
    }
}
