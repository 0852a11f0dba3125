internal import NATModel
internal import NATPlan
internal import NATScreen

// Keys while a view is open.
extension DashboardState {
    /// The intervals the box can be read at, in milliseconds.
    static let intervals = [250, 500, 1000, 2000, 5000, 10_000, 30_000]

    /// Does what a key asks for.
    mutating func browse(_ binding: KeyBinding) -> [Effect] {
        if binding.changesBox, let readOnlyReason {
            remark = TextLine(
                "\(binding.label) is off, read-only: \(readOnlyReason)", Style(.warning))
            return []
        }
        switch binding.action {
        case .quit: return quit()
        case .suspend: return [.suspend]
        case .reread:
            names.forget()
            instances.forget()
            return [.reread]
        case .slower: return changeInterval(by: 1)
        case .faster: return changeInterval(by: -1)
        case .release: return release(chosenSources)
        case .bringBack: return bringBack()
        // What is not kept yet is no change that stands: to undo it is to take it back.
        case .undo where pendingActions.contains(.revert): return decide(.revert)
        case .undo: return [.findUndo]
        case .keep, .revert, .finish: return decide(binding.action)
        case .help: mode = .reading(TextPanel(kind: .help))
        case .problems: view = .doctor
        case .mend: return mendSelected()
        case .open: return openSelected()
        case .details where isEgressFocused: openSelectedInterface()
        case .details:
            if table.selected != nil { mode = .reading(TextPanel(kind: .details)) }
        case .whichRule: openQuestion()
        case .backToHost: goToHost()
        case .endFlows: return planEndOfFlows()
        case .filter: mode = .filtering(previous: filter)
        case .find: openFind()
        case .sortMenu: openSortMenu()
        case .range: toggleRange()
        case .extendMarks(let movement): extendMarks(movement)
        case .assign: openAssign(chosenSources)
        case .assignTyped: openAssign([])
        case .pickInstance: return openPicker()
        case .palette: mode = .choosing(TypedSearch())
        case .mark: toggleMark()
        case .markAll: markShown()
        case .copyCell: return copyCell()
        case .copyCommand: return copyCommand()
        case .theme(let name):
            theme = name
            remark = TextLine("theme \(name.rawValue)", Style(.accent))
            return [.setTheme(name)]
        case .mouse(let isOn):
            isMouseOn = isOn
            remark = TextLine("mouse \(isOn ? "on" : "off")", Style(.accent))
            return [.setMouse(isOn)]
        case .back: goBack()
        default: look(binding.action)
        }
        return []
    }

    /// What only changes how things look.
    mutating func look(_ action: Action) {
        switch action {
        case .move(let movement):
            if rangeStart == nil { move(movement) } else { extendMarks(movement) }
        case .groupFlows: flowGrouping = flowGrouping.next
        case .findAgain: findAgain()
        case .exceptions: showsExceptionsAlone.toggle()
        case .sideways(let cells):
            table.sideways = min(max(table.sideways + cells, 0), mostSideways)
        case .show(let kind):
            if kind == .flows { askForFlows() }
            view = kind
            // Wherever one was before: the hosts are what it is about.
            overviewPane = .hosts
        case .nextPane(let distance): goToPane(by: distance)
        case .sort(let distance): rowOrder.advance(by: distance)
        case .sortBy(let column): sort = column
        case .invertSort: rowOrder.isInverted.toggle()
        case .units: showsBytes.toggle()
        case .names: toggleNames()
        case .freeze:
            frozen = frozen == nil ? Frozen(observed: live, atMilliseconds: now) : nil
        default: return
        }
    }

    /// Plans what brings the box back to the file of kept assignments.
    private mutating func bringBack() -> [Effect] {
        guard let latest, let saved = latest.saved.value ?? nil else {
            let failure = latest?.saved.failure
            remark = TextLine(
                failure.map { "\($0)" } ?? "nothing is kept: there is no \(SavedAssignment.path)",
                Style(.warning))
            return []
        }
        guard !BoxFacts(latest).drift.isEmpty else {
            remark = TextLine("everything leaves as it was kept", Style(.good))
            return []
        }
        return plan(
            .arrange(saved, on: latest), undoes: nil,
            because: "the box differs from \(SavedAssignment.path)")
    }

    /// How far the open view can be scrolled to the right.
    private var mostSideways: Int {
        let shown = shownTable
        guard shown.scrollsSideways, let last = shown.slots(in: size.columns - 1).last else {
            return 0
        }
        return max(last.start + last.width + 1 - size.columns, 0)
    }

    private mutating func changeInterval(by distance: Int) -> [Effect] {
        let place = Self.intervals.lastIndex { $0 <= intervalMilliseconds } ?? 0
        let next = min(max(place + distance, 0), Self.intervals.count - 1)
        guard Self.intervals[next] != intervalMilliseconds else { return [] }
        intervalMilliseconds = Self.intervals[next]
        return [.setInterval(intervalMilliseconds)]
    }

    private mutating func toggleNames() {
        showsNames.toggle()
        let text =
            showsNames
            ? "names: EC2 tags, /etc/hosts and DNS\(names.isEmpty ? "; none is known" : "")"
            : "numbers alone"
        remark = TextLine(text, Style(.dim))
    }

    private mutating func goBack() {
        if rangeStart != nil {
            rangeStart = nil
        } else if !filter.isEmpty {
            filter = ""
        } else if showsExceptionsAlone, view == .overview {
            showsExceptionsAlone = false
        } else if !marked.isEmpty {
            marked = []
        } else if view == .rules, question != nil {
            question = nil
        } else {
            view = .overview
            overviewPane = .hosts
        }
    }
}
