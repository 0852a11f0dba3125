internal import NATModel
internal import NATPlan
internal import NATScreen

extension DashboardState {
    /// Takes what has happened; answers with what is wished for. What makes no sense is ignored.
    package mutating func update(_ message: Message) -> [Effect] { update([message]) }

    /// Takes what happened together, none of it by the operator's hand: what that meets must have
    /// settled.
    package mutating func update(_ messages: [Message]) -> [Effect] {
        let effects = messages.flatMap { react(to: $0) }
        settle()
        return effects + namesToLookUp() + instancesToList() + flowsToRead() + asideToAsk()
    }

    private mutating func react(to message: Message) -> [Effect] {
        switch message {
        case .snapshotRead(let snapshot, let parts, let time, let derived):
            now = max(now, time)
            return take(snapshot, parts, derived)
        case .tick(let time, let text):
            now = max(now, time)
            wallClock = text.strippedOfControls
        case .key(let key, let time):
            now = max(now, time)
            clickRow = nil
            return press(key)
        case .mouse(let event, let time):
            now = max(now, time)
            return point(event)
        case .pasted(let text):
            paste(text)
        case .resized(let size):
            self.size = size
        case .connectionsCounted(let counts, let sources):
            // They may be of a plan that was closed meanwhile.
            guard case .confirming(var dialog) = mode,
                Set(sources).isSubset(of: dialog.plan.touchedSources)
            else { return [] }
            dialog.count(
                counts, of: sources, atMilliseconds: live.snapshot?.takenAtMilliseconds ?? 0)
            mode = .confirming(dialog)
        case .addressFound(let address, let name):
            names.take(address, of: name)
            return goOn(withAddressOf: name)
        case .instancesListed(let reading):
            instances.take(reading)
            names.take(instances.labels)
        case .nameFollowed(let name, let answer): take(answer, for: name)
        case .flowsRead(let reading, let sources, let time):
            now = max(now, time)
            flowList.take(reading, of: sources, atMilliseconds: now)
            asideFlows.take(reading, of: sources, live, atMilliseconds: now)
        case .stepsTaken(let count):
            guard case .applying(var applying) = mode else { return [] }
            applying.stepsTaken = min(max(count, 0), applying.plan.steps.count)
            mode = .applying(applying)
        case .applied(let outcome, let time):
            now = max(now, time)
            guard case .applying(let applying) = mode else { return [] }
            return finish(applying, outcome)
        case .undoFound(let result):
            guard mode == .browsing else { return [] }
            return offerUndo(result)
        case .namesFound(let found, let asked):
            names.take(found, of: asked)
        case .commandsRan(let runs): live.log.add(runs)
        case .changesEnded(let changes):
            live.log.add(changes)
            noteEnds(of: changes)
        case .historyComplained(let failure): live.log.complain(failure)
        case .kernelAnnounced(let events): live.announce(events)
        case .guardSeen(let isRunning): isGuardRunning = isRunning
        case .utcOffsetChanged(let seconds): utcOffsetSeconds = seconds
        case .kernelAnswered(let host, let answer): take(answer, for: host)
        case .settled(let outcome, let what, let time):
            now = max(now, time)
            return showSettled(outcome, what)
        }
        return []
    }

    /// Goes on with a line that waited for an address, as if Enter were pressed now.
    private mutating func goOn(withAddressOf name: String) -> [Effect] {
        switch mode {
        case .assigning(let dialog) where dialog.focus == .source && dialog.text.contains(name):
            return assign(dialog, .enter, .enter)
        case .asking(let line) where line.word == name: return ask(line, .enter, .enter)
        default: return []
        }
    }

    private mutating func take(
        _ read: Snapshot, _ parts: Set<SnapshotPart>, _ derived: Derived?
    ) -> [Effect] {
        let snapshot = settled(read)
        let before = live.snapshot
        let pending = live.pending
        latest = snapshot
        let name = snapshot.hostName.strippedOfControls
        if !name.isEmpty { hostName = name }
        live.take(parts, of: snapshot, derived: derived, atMilliseconds: now)
        // A mark on a host that is gone would be an assignment nobody sees.
        marked = marked.filter { live.host($0) != nil }
        offerInterface()
        noteEnd(of: pending)
        if let firstFlow, firstFlow.change == nil {
            self.firstFlow?.change = live.pending?.change.id
        }
        if parts.contains(.flows) {
            firstFlow?.take(live, atMilliseconds: now)
            if let proof = firstFlow?.proof(atMilliseconds: now) { live.log.prove(proof) }
        }
        noteDrift(snapshot)
        return planAwaited() + askAgain(before)
    }

    private mutating func paste(_ text: String) {
        switch mode {
        case .filtering: typeFilter(text)
        case .finding(var line):
            line.type(text)
            jump(to: line.text, by: 0)
            mode = .finding(line)
        case .choosing(var palette):
            palette.type(text)
            mode = .choosing(palette)
        case .asking(var line):
            line.type(text)
            mode = .asking(line)
        case .picking(var picker):
            picker.type(text)
            mode = .picking(picker)
        case .assigning(var dialog) where dialog.focus == .source:
            dialog.type(text)
            mode = .assigning(dialog)
        // Elsewhere a paste would be a row of keys nobody pressed.
        default: return
        }
    }

    /// Does what a key asks for, where it is pressed.
    mutating func press(_ key: Key) -> [Effect] {
        if let held = heldKey, held.key == key, now < held.untilMilliseconds {
            heldKey = HeldKey(key, atMilliseconds: now)
            return []
        }
        heldKey = nil
        remark = nil
        awaited = nil
        readPendingEnd()
        let context = keyContext
        let binding = KeyBinding.find(key, in: context)
        if let binding, [.interrupt, .redraw].contains(binding.action) { return run(binding) }
        // A dialog that is not on the screen must not be answered.
        if context == .tooSmall { return binding?.action == .quit ? quit() : [] }
        switch mode {
        case .browsing:
            return binding.map { run($0) } ?? []
        case .filtering(let previous): filter(key, binding?.action, previous: previous)
        case .finding(let line): return find(line, key, binding?.action)
        case .sorting(let menu): return sort(menu, key, binding?.action)
        case .choosing(let palette): return choose(palette, key, binding?.action)
        case .asking(let line): return ask(line, key, binding?.action)
        case .picking(let picker): return pick(picker, key, binding?.action)
        case .reading(let panel):
            // One that is dropped is dropped there.
            if let binding, pendingActions.contains(binding.action),
                panel.guardTime?.drops(atMilliseconds: now) != true
            {
                return run(binding)
            }
            read(panel, key, binding?.action)
        case .assigning(let dialog): return assign(dialog, key, binding?.action)
        case .confirming(let dialog): return confirm(dialog, key, binding?.action)
        case .applying:
            remark = TextLine("applying, wait: the result comes first", Style(.warning))
        }
        return []
    }

    /// Does what a binding asks for while a view is open, or what every place has.
    mutating func run(_ binding: KeyBinding) -> [Effect] {
        switch binding.action {
        case .interrupt: quit()
        case .redraw: [.redraw]
        default: browse(binding)
        }
    }

    /// Ends the program, unless a plan is half-way into the kernel.
    mutating func quit() -> [Effect] {
        guard isBusy else { return [.quit] }
        remark = TextLine("applying, wait: the result comes first", Style(.warning))
        return []
    }

    private mutating func filter(_ key: Key, _ action: Action?, previous: String) {
        switch action {
        case .enter: mode = .browsing
        case .close:
            filter = previous
            mode = .browsing
        case .eraseCharacter:
            // On an empty line there is nothing left to erase but the line.
            if filter.isEmpty { mode = .browsing } else { filter.removeLast() }
            seeksMatch = !filter.isEmpty
        case .eraseAll: filter = ""
        case .move(let movement): move(movement)
        default:
            if case .character(let scalar) = key { typeFilter(String(Character(scalar))) }
        }
    }

    private mutating func typeFilter(_ text: String) {
        filter = String((filter + text.strippedOfControlsKeepingSpaces).prefix(100))
        seeksMatch = true
    }

    /// Keys while a text is read.
    mutating func read(_ panel: TextPanel, _ key: Key, _ action: Action?) {
        var panel = panel
        // Escape closes whatever is open, however young it is.
        if key != .escape, panel.guardTime?.drops(atMilliseconds: now) == true { return }
        switch action {
        case .close: mode = .browsing
        case .move(let movement):
            let text = popup(panel)
            panel.offset = text.offset(after: movement, layout)
            mode = .reading(panel)
        case .nextInterface(let distance): openInterface(after: panel, by: distance)
        case .nextRow(let distance):
            move(.lines(distance))
            mode = .reading(TextPanel(kind: .details))
        case .units, .names, .freeze: look(action ?? .units)
        default: return
        }
    }

    /// Moves in the pane that keys go to.
    mutating func move(_ movement: Movement) {
        table.move(
            movement, focusedTable.rows.ids,
            visibleRows: isEgressFocused ? visibleEgressRows : visibleRows)
    }

    /// Finds selections again after anything may have changed.
    private mutating func settle() {
        refreshTable()
        seekMatch()
        let ids = shownTable.rows.ids
        // What comes in at the end of the log is seen, unless somebody reads further up.
        if view == .log, table.isAtEnd {
            table.move(.end, ids, visibleRows: visibleRows)
        } else {
            tables[view, default: TableState<RowID>()].settle(ids, visibleRows: visibleRows)
        }
        measureTable()
        if view == .overview {
            egressPlace.settle(egressTable.rows.ids, visibleRows: visibleEgressRows)
        }
        settlePalette()
        settlePicker()
        if case .confirming(var dialog) = mode, !layout.isTooSmall {
            dialog.layOut(layout)
            mode = .confirming(dialog)
        }
    }
}
