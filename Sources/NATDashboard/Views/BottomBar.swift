internal import NATModel
internal import NATScreen

/// The lines at the bottom: a remark or what is typed, the views, the keys that work here.
enum BottomBar {
    /// Draws them.
    ///
    /// - Parameter position: which rows of the view are on the screen, where it is told here.
    static func draw(_ state: DashboardState, position: String?, on canvas: inout Canvas) {
        let layout = state.layout
        drawRemark(state, position, row: layout.remarkRow, on: &canvas)
        if let line = state.pendingLine {
            let width = canvas.size.columns
            canvas.put(
                " \(line.text)".fitted(width), row: layout.pendingRow, column: 0,
                style: line.style)
        }
        if !layout.isShort { drawViews(state, row: state.size.rows - 2, on: &canvas) }
        drawKeys(state, row: state.size.rows - 1, on: &canvas)
    }

    private static func drawRemark(
        _ state: DashboardState, _ position: String?, row: Int, on canvas: inout Canvas
    ) {
        var width = canvas.size.columns - 2
        if let position {
            let start = canvas.size.columns - 1 - position.cellWidth
            canvas.put(position, row: row, column: start, style: Style(.dim))
            width = start - 3
        }
        guard let line = remark(state) else { return }
        // A long line grows upwards over rows that hold nothing.
        let free = (0..<2).prefix { above in
            let row = row - 1 - above
            return row > 0 && canvas[row: row].allSatisfy { $0.scalar == " " }
        }
        var lines = line.text.wrapped(width, indent: 2)
        if lines.count > free.count + 1 {
            let rest = lines[free.count...].map { $0.drop { $0 == " " } }.joined(separator: " ")
            lines = lines.prefix(free.count) + [(free.isEmpty ? "" : "  ") + rest]
        }
        for (index, text) in lines.enumerated() {
            let target = row - lines.count + 1 + index
            canvas.put(text.fitted(width), row: target, column: 1, style: line.style)
        }
    }

    /// The one line that matters most now.
    static func remark(_ state: DashboardState) -> TextLine? {
        if case .filtering = state.mode {
            return TextLine("Filter: \(state.filter)_", Style(.accent))
        }
        if case .finding(let line) = state.mode {
            return TextLine("Find: \(line.text)_", Style(.accent))
        }
        if case .asking(let line) = state.mode {
            let complaint = line.complaint.map { "  ! \($0)" } ?? ""
            let prompt = state.layout.isNarrow ? "Rule for" : "Which rule decides for"
            return TextLine(
                "\(prompt): \(line.text)_\(complaint)",
                Style(line.complaint == nil ? .accent : .bad))
        }
        if let remark = state.freshRemark { return remark }
        if let frozen = state.frozen {
            let age = Figure.duration(seconds: max(state.now - frozen.atMilliseconds, 0) / 1000)
            return TextLine(
                "FROZEN for \(age): p lets it go on",
                Style(.warning, isBold: true, isReversed: true))
        }
        let marks = state.view == .overview ? marksText(state) : nil
        if state.view == .overview, state.showsExceptionsAlone {
            let count = state.shownTable.rows.count
            return TextLine(
                "≠ only exceptions: \(count) of \(state.observed.hosts.count) hosts  (e shows all)",
                Style(.accent))
        }
        if !state.filter.isEmpty {
            let marked = marks.map { "; \($0)" } ?? ""
            return TextLine("Filter: \(state.filter)  (Esc clears)\(marked)", Style(.accent))
        }
        if let marks { return TextLine("\(marks)  (Esc clears)", Style(.accent)) }
        // A dialog is to be read in peace.
        guard state.mode == .browsing, state.view == .overview, let problem = worstProblem(state)
        else { return nil }
        let style = Style(problem.isError ? .bad : .warning)
        return TextLine("! \(problem.text)", style)
    }

    /// How many hosts are marked, and how many of them the filter hides; `nil` for none.
    private static func marksText(_ state: DashboardState) -> String? {
        guard !state.marked.isEmpty else { return nil }
        let shown = state.shownTable.rows.count { $0.isMarked }
        let hidden = state.marked.count - shown
        return "\(state.marked.count) marked" + (hidden > 0 ? ", \(hidden) of them not shown" : "")
    }

    private static func worstProblem(_ state: DashboardState) -> (text: String, isError: Bool)? {
        let problems = state.observed.problems
        guard let problem = problems.first(where: { $0.severity == .error }) ?? problems.first
        else { return nil }
        // Who leaves otherwise matters more than which object is at fault.
        if ofHosts.contains(problem.id),
            let host = state.observed.hosts.first(where: { $0.isElsewhere || $0.drift?.kept != nil }
            )
        {
            return (HostStory(entry: host, observed: state.observed).problem, true)
        }
        return ("\(problem.message)  !", problem.severity == .error)
    }

    /// The checks that say of hosts that they leave otherwise than they are to.
    private static let ofHosts: Set<String> = [
        "assignments-differ", "assignment-open", "assignment-closed", "shadowed-rules",
    ]

    private static func drawViews(_ state: DashboardState, row: Int, on canvas: inout Canvas) {
        var column = 1
        let names = ViewKind.allCases.map { "\($0.number) \($0.title)" }
        // Where not all names have room their keys do.
        let isRoomy = names.reduce(1) { $0 + $1.cellWidth + 3 } <= canvas.size.columns
        for (view, name) in zip(ViewKind.allCases, names) {
            let isOpen = view == state.view
            let text = isOpen || isRoomy ? name : "\(view.number)"
            let style = isOpen ? Style(.accent, isBold: true) : Style(.dim)
            let shown = isOpen ? "[\(text)]" : " \(text) "
            let start = column
            column = canvas.put(shown, row: row, column: column, style: style) + 1
            if state.mode == .browsing {
                canvas.addTarget(row: row, columns: start..<column, .key(view.key))
            }
        }
    }

    /// The bindings the bar shows in this context, the first to be left out last.
    static func bindings(in context: KeyContext) -> [KeyBinding] {
        KeyBinding.all.filter { $0.rank != nil && $0.contexts.contains(context) }
            .sorted { ($0.rank ?? 0) < ($1.rank ?? 0) }
    }

    private static func drawKeys(_ state: DashboardState, row: Int, on canvas: inout Canvas) {
        var shown: [KeyBinding] = []
        var used = 1
        let context = state.keyContext
        for binding in bindings(in: context) where isAlive(binding, state) {
            let width = name(binding).cellWidth + 1 + binding.label.cellWidth + 2
            if used + width - 1 > canvas.size.columns { break }
            used += width
            shown.append(binding)
        }
        // Quit is the last to go and so comes first; people look for it at the end.
        if KeyContext.views.contains(context), !shown.isEmpty {
            shown.append(shown.removeFirst())
        }
        var column = 1
        for binding in shown {
            let isOff = binding.changesBox && state.readOnlyReason != nil
            let key = Style(isOff ? .dim : .accent, isBold: !isOff)
            let start = column
            column = canvas.put(name(binding), row: row, column: column, style: key) + 1
            let label = Style(isOff ? .dim : .normal)
            column = canvas.put(binding.label, row: row, column: column, style: label) + 2
            if let key = binding.keys.first {
                canvas.addTarget(row: row, columns: start..<column - 2, .key(key))
            }
        }
    }

    /// Whether there is anything for the binding to act on.
    static func isAlive(_ binding: KeyBinding, _ state: DashboardState) -> Bool {
        switch binding.action {
        case .keep, .revert, .finish: state.pendingActions.contains(binding.action)
        case .theme(let name): name != state.theme
        case .mouse(let isOn): isOn != state.isMouseOn
        default: true
        }
    }

    private static func name(_ binding: KeyBinding) -> String {
        binding.barName ?? binding.keys.first?.name ?? ""
    }
}
