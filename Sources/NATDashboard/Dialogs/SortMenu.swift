internal import NATScreen

/// The choice of what hosts, or flows, are ordered by.
struct SortMenu: Hashable, Sendable {
    /// The place of the bar.
    var place: Int
}

// Keys while it is open.
extension DashboardState {
    /// Opens it at the order there is.
    mutating func openSortMenu() {
        mode = .sorting(SortMenu(place: HostSort.allCases.firstIndex(of: sort) ?? 0))
    }

    /// What a key does in it. What is under the bar is shown at once behind it.
    mutating func sort(_ menu: SortMenu, _ key: Key, _ action: Action?) -> [Effect] {
        var menu = menu
        let all = HostSort.allCases
        switch action {
        case .close, .enter:
            mode = .browsing
            return []
        case .move(let movement):
            switch movement {
            case .lines(let count): menu.place += count
            case .pages(let count): menu.place += count * 5
            case .start: menu.place = 0
            case .end: menu.place = all.count - 1
            }
            menu.place = min(max(menu.place, 0), all.count - 1)
            sort = all[menu.place]
        case .invertSort: isSortInverted.toggle()
        default: return []
        }
        mode = .sorting(menu)
        return []
    }

    /// The menu as a popup.
    func popup(_ menu: SortMenu) -> Popup {
        let lines = HostSort.allCases.enumerated().map { place, sort in
            let isChosen = place == menu.place
            let order = isChosen ? (sort.isFalling != isSortInverted ? "▾" : "▴") : " "
            return TextLine(
                "\(isChosen ? "▸" : " ") \(order) \(sort.title)",
                Style(.normal, isBold: isChosen, isReversed: isChosen))
        }
        let rows = max(layout.dialogTextRows, 1)
        return Popup(
            title: "Order by", lines: lines, offset: max(menu.place - rows + 1, 0))
    }
}
