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
        return signs(view, context) + [.blank]
            + named.map { TextLine("\($0.0.fitted(width))  \($0.1)", hanging: width + 2) }
            + (memory.map { [.blank, TextLine($0, Style(.dim))] } ?? [])
    }

    private static func signs(_ view: ViewKind, _ context: KeyContext) -> [TextLine] {
        let texts =
            switch view {
            case .overview where context == .egress:
                [
                    "● up  ○ down  ? the driver does not say  △ over 70 %  ▲ over 90 % of link or ports",
                    "OF is the share of the link, or of what its queue lets out",
                    "PORTS MOST: source ports taken towards the busiest destination, of 64,512",
                    "DROP/s: packets dropped by the device and by its queue, both ways",
                    "Each interface has a scale of its own: █ in/out tells it",
                    "HOSTS that are to leave by it, ≠ those that do not, or not all of it",
                    "All ≥: at least so much, for some of it is not known",
                    "Hidden: interfaces nobody leaves by, such as lo, veth and bridges",
                    "– not known",
                ]
            case .overview:
                [
                    "EGRESS is what is wanted: ● by a rule of ours  ○ by a foreign rule",
                    "SEEN AS is what the replies to live connections say: ✓ all  ½ some  ≠ none of them",
                    "no flow yet: nothing proves it  ? conntrack cannot be read",
                    "IN and OUT are the host's own: what it gets and what it sends",
                    "LAST 60 s has a scale for each host, of 100 kb/s at least",
                    "NAME comes from Name tags of EC2, /etc/hosts and DNS; nothing is asked while it is off",
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
            case .flows:
                [
                    "SEEN AS is the address and port that answers come back to, as the outside has it",
                    "✓ by the interface the host is wanted by  ≠ by another",
                    "one way: nobody has answered yet",
                    "AGE needs net.netfilter.nf_conntrack_timestamp, IN and OUT …_acct",
                    "LEFT: how long it is remembered without a packet",
                ]
            case .log:
                [
                    "✓ kept, or put back by the guard  ← taken back  ✗ failed  … has not ended yet",
                    "○ what somebody else did, as the kernel names them  ≠ hosts leave otherwise since",
                    "· what natdeck runs to read the box: it changes nothing",
                    "Enter opens the commands of a line, and how each ended; they can be looked for too",
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
