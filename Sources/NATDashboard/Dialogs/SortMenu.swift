internal import NATScreen

/// The choice of what hosts, or flows, are ordered by.
struct SortMenu: Hashable, Sendable {
    /// The place of the bar.
    var place: Int
}

/// What the rows of a view are ordered by, whatever kind of rows they are.
struct RowOrder: Hashable, Sendable {
    /// What they can be ordered by, in the order of the menu.
    var titles: [String]
    /// The place of what they are ordered by.
    var place: Int
    /// Whether the order is inverted.
    var isInverted: Bool
    /// Whether the highest comes first.
    var isFalling: Bool

    fileprivate init<Column>(_ order: ColumnOrder<Column>) {
        titles = Column.allCases.map(\.title)
        place = Column.allCases.firstIndex(of: order.column) ?? 0
        isInverted = order.isInverted
        isFalling = order.isFalling
    }

    /// The same of rows that know their columns.
    fileprivate func order<Column>(_: Column.Type) -> ColumnOrder<Column> {
        ColumnOrder(column: Column.allCases[place], isInverted: isInverted)
    }

    /// Goes so many places on, round the end.
    mutating func advance(by distance: Int) {
        place = ((place + distance) % titles.count + titles.count) % titles.count
    }
}

// Keys while it is open.
extension DashboardState {
    /// What the rows of the open view are ordered by.
    var rowOrder: RowOrder {
        get {
            guard view == .flows else {
                return RowOrder(ColumnOrder(column: sort, isInverted: isSortInverted))
            }
            return flowGrouping == .flow ? RowOrder(flowSort) : RowOrder(flowGroupSort)
        }
        set {
            if view != .flows {
                sort = newValue.order(HostSort.self).column
                isSortInverted = newValue.isInverted
            } else if flowGrouping == .flow {
                flowSort = newValue.order(FlowSort.self)
            } else {
                flowGroupSort = newValue.order(FlowGroupSort.self)
            }
        }
    }

    /// Opens it at the order there is.
    mutating func openSortMenu() { mode = .sorting(SortMenu(place: rowOrder.place)) }

    /// What a key does in it. What is under the bar is shown at once behind it.
    mutating func sort(_ menu: SortMenu, _ key: Key, _ action: Action?) -> [Effect] {
        var menu = menu
        let last = rowOrder.titles.count - 1
        switch action {
        case .close, .enter:
            mode = .browsing
            return []
        case .move(let movement):
            switch movement {
            case .lines(let count): menu.place += count
            case .pages(let count): menu.place += count * 5
            case .start: menu.place = 0
            case .end: menu.place = last
            }
            menu.place = min(max(menu.place, 0), last)
            rowOrder.place = menu.place
        case .invertSort: rowOrder.isInverted.toggle()
        default: return []
        }
        mode = .sorting(menu)
        return []
    }

    /// The menu as a popup.
    func popup(_ menu: SortMenu) -> Popup {
        let order = rowOrder
        let lines = order.titles.enumerated().map { place, title in
            let isChosen = place == menu.place
            let sign = isChosen ? (order.isFalling ? "▾" : "▴") : " "
            return TextLine(
                "\(isChosen ? "▸" : " ") \(sign) \(title)",
                Style(.normal, isBold: isChosen, isReversed: isChosen))
        }
        let rows = max(layout.dialogTextRows, 1)
        return Popup(
            title: "Order by", lines: lines, offset: max(menu.place - rows + 1, 0))
    }
}
