internal import NATModel

/// The choice of an egress for one or several sources. It executes nothing.
struct AssignDialog: Hashable, Sendable {
    /// What is assigned.
    var sources: Sources
    /// The chosen egress; `nil` where there is none to choose.
    var choice: Egress?
    /// What the keys go to.
    var focus: Focus
    /// What is wrong with what was typed; `nil` where nothing is known to be.
    var complaint: String?

    /// The number that is being typed, and until when a digit still belongs to it, in milliseconds
    /// of the monotonic clock.
    var number: (typed: Int, untilMilliseconds: Int64) {
        get { (typedNumber, typedUntilMilliseconds) }
        set { (typedNumber, typedUntilMilliseconds) = newValue }
    }
    private var typedNumber = 0
    private var typedUntilMilliseconds: Int64 = 0

    /// What is assigned, and how it got here.
    enum Sources: Hashable, Sendable {
        /// Sources that were selected: values, however many, which no editing can cut short.
        case chosen([IPv4Prefix])
        /// What a name stands for, under which it is kept and followed.
        case named(SourceName, [IPv4Prefix])
        /// Sources as they are typed, separated by commas or spaces.
        case typed(String)
    }

    /// What the keys go to.
    enum Focus: Hashable, Sendable {
        case source, interface
    }

    /// The choice of an interface for these sources.
    init(sources: Sources, choice: Egress?, focus: Focus) {
        self.sources = sources
        self.choice = choice
        self.focus = focus
    }

    /// The most bytes that are typed or pasted here, which is room for thousands of sources.
    static let longestText = 1 << 18

    /// The sources as a person would type them.
    var text: String {
        switch sources {
        case .chosen(let chosen): chosen.map(\.description).joined(separator: ", ")
        case .named(let name, _): name.description.strippedOfControls
        case .typed(let text): text
        }
    }

    /// The sources, or the first thing that is wrong with what was typed.
    ///
    /// - Parameter address: the address of a name that is known; `nil` of another.
    func parsed(
        naming address: (String) -> IPv4Address?
    ) throws(InputError) -> [IPv4Prefix] {
        let text: String
        switch sources {
        case .chosen(let chosen) where !chosen.isEmpty: return chosen
        case .named(_, let hosts) where !hosts.isEmpty: return hosts
        case .typed(let typed): text = typed
        case .chosen, .named: throw InputError("type a source, such as 10.0.3.0/24")
        }
        var sources: [IPv4Prefix] = []
        var seen: Set<IPv4Prefix> = []
        for word in text.split(whereSeparator: { $0 == "," || $0 == " " }) {
            if let prefix = IPv4Prefix(word) {
                if seen.insert(prefix).inserted { sources.append(prefix) }
            } else if let (address, length) = IPv4Prefix.split(word) {
                let network = IPv4Prefix(address, length: length)
                throw InputError("\(word) is an address inside a network: type \(network)")
            } else if let host = address(String(word)) {
                if seen.insert(IPv4Prefix(host)).inserted { sources.append(IPv4Prefix(host)) }
            } else {
                throw InputError(
                    "\(word) is neither an address nor a network, and no host is called so: type"
                        + " one such as 10.0.3.7, 10.0.3.0/24 or dns:db.example",
                    name: HostNames.isName(word) ? String(word) : nil)
            }
        }
        guard !sources.isEmpty else { throw InputError("type a source, such as 10.0.3.0/24") }
        return sources
    }

    /// What is wrong with something typed.
    struct InputError: Error, Hashable, Sendable {
        /// In one sentence without a full stop.
        var reason: String
        /// A name that may be looked up; `nil` where it is none.
        var name: String?

        /// This is wrong.
        init(_ reason: String, name: String? = nil) {
            self.reason = reason
            self.name = name
        }
    }

    /// Adds text at the end, without what a terminal would act on: all of it, or where that is too
    /// long none of it. What is cut in the middle could name another host.
    mutating func type(_ addition: String) {
        let longer = text + addition.strippedOfControlsKeepingSpaces
        guard longer.utf8.count <= Self.longestText else {
            complaint = "that is too long: nothing was added"
            return
        }
        sources = .typed(longer)
        complaint = nil
    }

    /// Takes a digit of an egress's number.
    ///
    /// - Returns: whether that is all of it: no number of more digits begins so.
    mutating func type(
        digit: Int, among egresses: [Egress], atMilliseconds now: Int64
    ) -> Bool {
        let longer = now < number.untilMilliseconds ? number.typed * 10 + digit : digit
        let typed = egresses.indices.contains(longer - 1) ? longer : digit
        guard egresses.indices.contains(typed - 1) else { return false }
        choice = egresses[typed - 1]
        guard typed * 10 <= egresses.count else { return true }
        number = (typed, now + Self.digitMilliseconds)
        return false
    }
    private static let digitMilliseconds: Int64 = 2000

    /// Takes the last character away.
    mutating func eraseCharacter() {
        sources = .typed(String(text.dropLast()))
        complaint = nil
    }

    /// Takes everything away.
    mutating func eraseAll() {
        sources = .typed("")
        complaint = nil
    }
}

extension String {
    /// Typed or pasted text that may be shown: spaces at its ends stay.
    var strippedOfControlsKeepingSpaces: String {
        let stripped = ("." + self + ".").strippedOfControls
        return String(stripped.dropFirst().dropLast())
    }
}
