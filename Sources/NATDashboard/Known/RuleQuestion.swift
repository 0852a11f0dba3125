internal import NATModel
internal import NATScreen

/// Which rule decides for a host: what follows from the rules, and what the kernel says.
struct RuleQuestion: Hashable, Sendable {
    /// The host.
    var host: IPv4Address
    /// By what its packets come in.
    var input: RouteInput
    /// What follows from the rules as they were read; `nil` where they were not.
    var decision: EgressDecision?
    /// What the kernel says; `nil` while it is asked.
    var answer: KernelAnswer?

    /// A question about this host.
    init(_ host: IPv4Address, on snapshot: Snapshot?) {
        self.host = host
        if snapshot?.ownAddresses.contains(host) ?? false {
            input = .box
        } else {
            let seen = snapshot?.neighbours.value?.first { $0.address == host }
            input = seen.map { .interface($0.interface) } ?? .wayBack
        }
    }

    /// The interface its packets come in by, `lo` for the box's own; `nil` where not known.
    private var inputName: String? {
        switch input {
        case .box: "lo"
        case .interface(let name): name
        case .wayBack: answer?.input
        }
    }

    /// Walks the rules as they are now.
    mutating func walk(_ facts: BoxFacts?) {
        guard let facts, facts.rules != nil else {
            decision = nil
            return
        }
        decision = facts.decision(for: IPv4Prefix(host), sentBy: inputName)
    }

    /// Whether the kernel says the same; `nil` where it said nothing that can be compared.
    func agrees(isForwarding: Bool) -> Bool? {
        guard let decision, let answer else { return nil }
        switch answer.way {
        case .value(let way):
            guard let interface = way.interface else { return nil }
            return decision.interfaces.contains(interface)
                && decision.table == way.table
        case .failed:
            // Without forwarding, and without a way back to the host, it refuses everything.
            guard input == .box || isForwarding && answer.input != nil else { return nil }
            return decision.interfaces.isEmpty
        }
    }
}

/// A line that asks for a host.
struct AskLine: Hashable, Sendable {
    /// What is typed.
    var text: String
    /// What is wrong with it; `nil` where nothing is known to be.
    var complaint: String?

    /// The word that is typed.
    var word: Substring { text.split(separator: " ").first ?? "" }

    /// The host that is typed: an address, the first host of a network, or a name that is known.
    func host(_ names: HostNames) -> IPv4Address? {
        IPv4Prefix.split(word).map { address, length in
            length == 32 ? address : IPv4Prefix(address, length: length).representative
        } ?? names.address(of: String(word))
    }
}

extension DashboardState {
    /// Opens the line that asks which rule decides for a host, with the one that is meant most
    /// likely.
    mutating func openQuestion() {
        let host: IPv4Prefix? =
            switch view {
            case .rules: selectedRule?.source ?? question.map { IPv4Prefix($0.host) }
            default: nil
            }
        let other = tables[.overview]?.selected?.host
        mode = .asking(AskLine(text: (host ?? other)?.representative.description ?? ""))
    }

    /// The rule under the bar of the Rules view; `nil` where there is none.
    var selectedRule: RoutingPolicyRule? {
        guard view == .rules, let id = table.selected else { return nil }
        let rules = observed.snapshot?.rules.value ?? []
        return RulesView.place(of: id, in: rules).map { rules[$0.place] }
    }

    /// What a key does in that line.
    mutating func ask(_ line: AskLine, _ key: Key, _ action: Action?) -> [Effect] {
        var line = line
        switch action {
        case .close:
            mode = .browsing
            return []
        case .enter:
            guard let host = line.host(names) else {
                let name = String(line.word)
                guard HostNames.isName(name) else {
                    line.complaint = "no IPv4 address, such as 10.0.3.7"
                    break
                }
                line.complaint = names.hasLookedUp(name) ? "nobody knows it" : "looking it up…"
                mode = .asking(line)
                return names.hasLookedUp(name) ? [] : [.findAddress(of: name)]
            }
            mode = .browsing
            return put(host)
        case .eraseCharacter:
            guard !line.text.isEmpty else {
                mode = .browsing
                return []
            }
            line.text.removeLast()
            line.complaint = nil
        case .eraseAll: line = AskLine(text: "")
        default:
            if case .character(let scalar) = key { line.type(String(Character(scalar))) }
        }
        mode = .asking(line)
        return []
    }

    /// Shows which rule decides for a host, and asks the kernel too.
    mutating func put(_ host: IPv4Address) -> [Effect] {
        view = .rules
        // The deciding rule must not be hidden.
        filter = ""
        let asked = RuleQuestion(host, on: observed.snapshot)
        question = asked
        walkQuestion()
        return [.askKernel(host, input: asked.input)]
    }

    /// Answers the open question from the rules as they are now, and brings the bar to a rule that
    /// decides newly.
    mutating func walkQuestion() {
        guard var question else { return }
        let before = question.decision?.rule
        question.walk(observed.facts)
        self.question = question
        guard question.decision?.rule != before, let place = question.decision?.place,
            let rules = observed.snapshot?.rules.value
        else { return }
        tables[.rules, default: TableState<RowID>()].select(RulesView.id(of: place, in: rules))
    }

    /// Takes what the kernel says.
    mutating func take(_ answer: KernelAnswer, for host: IPv4Address) {
        if aside?.question.host == host { aside?.question.answer = answer }
        guard question?.host == host else { return }
        question?.answer = answer
        walkQuestion()
    }

    /// Asks again where what decides may have changed.
    mutating func askAgain(_ before: Snapshot?) -> [Effect] {
        guard frozen == nil, let snapshot = live.snapshot else { return [] }
        let forwarding = "net.ipv4.ip_forward"
        guard
            before?.rules != snapshot.rules || before?.tables != snapshot.tables
                || before?.map != snapshot.map || before?.forward != snapshot.forward
                || before?.hasSameNAT(as: snapshot) != true
                || before?.sysctl(forwarding) != snapshot.sysctl(forwarding)
        else { return [] }
        // An answer that may be an old one is asked for again, and shown until then.
        aside?.isAsked = false
        guard let question else { return [] }
        walkQuestion()
        return [.askKernel(question.host, input: question.input)]
    }
}

extension AskLine {
    /// Adds text at the end, without what a terminal would act on.
    mutating func type(_ addition: String) {
        text = String((text + addition.strippedOfControlsKeepingSpaces).prefix(40))
        complaint = nil
    }
}
