internal import NATScreen

/// The help of a view, made from the key table itself.
enum HelpText {
    /// Its lines.
    static func lines(_ view: ViewKind, _ context: KeyContext, memory: String?) -> [TextLine] {
        var meanings: [String] = []
        var keys: [String: [String]] = [:]
        for binding in KeyBinding.all
        where binding.contexts.contains(context) && !binding.keys.isEmpty {
            if keys[binding.meaning] == nil { meanings.append(binding.meaning) }
            keys[binding.meaning, default: []] += binding.keys.map(\.name)
        }
        let named = meanings.map { (keys[$0, default: []].joined(separator: " "), $0) }
        let width = named.map { $0.0.cellWidth }.max() ?? 0
        return named.map { TextLine("\($0.0.fitted(width))  \($0.1)", hanging: width + 2) }
            + [.blank] + signs(view, context)
            + (memory.map { [TextLine($0, Style(.dim))] } ?? [])
    }

    private static func signs(_ view: ViewKind, _ context: KeyContext) -> [TextLine] {
        let texts =
            switch view {
            case .overview where context == .egress:
                [
                    "● up  ○ down  ? the driver does not say",
                    "Graphs share one scale: a full block is what their heading says",
                    "Total ≥: at least so much, for some of it is not known",
                    "Hidden: interfaces nobody leaves by, such as lo, veth and bridges",
                    "NEW CONN/s counts the first packets that MASQUERADE rules matched",
                    "– not known",
                ]
            case .overview:
                [
                    "● a rule of ours decides  ○ a foreign rule does, after an interface",
                    "≠ it leaves another way than its rule says, or than was kept",
                    "PUBLIC of a host is what its interface promises",
                    "NAME comes from /etc/hosts and DNS; nothing is looked up while it is off",
                    "– not known",
                ]
            case .rules:
                [
                    "● ours  ○ foreign: shown, never changed",
                    "· the kernel's own, or the platform's for an interface's own address",
                    "→ decides for the host that was asked about  ? may decide for some packets",
                    "HOSTS counts those seen or assigned that the rule decides for",
                ]
            case .routes: ["● ours"]
            case .nat:
                [
                    "NEW/s and pkts count the first packet of each flow: new connections",
                    "● the counter has just moved  · it moved within the last seconds",
                ]
            case .log:
                [
                    "● change: a step that changed the box  · read: it changed nothing",
                    "✓ kept  ← taken back  ✗ failed, or failed with leftovers: how a change ended",
                    "✓ guard: what the guard put back, and who is likely behind the loss",
                    "≠ drift: hosts leave otherwise than was kept",
                    "TIMES counts readings that were repeated with the same result",
                ]
            case .doctor:
                [
                    "✗ does not work  ! works, with a hazard  ? could not be read  · to know  ✓ ok",
                    "Enter in MEND: natdeck makes a plan for it; by hand: it does not",
                ]
            }
        return texts.map { TextLine($0, Style(.dim)) }
    }
}
