internal import NATModel

/// The choice of an interface for one or several sources. It executes nothing.
struct AssignDialog: Hashable, Sendable {
    /// What is assigned.
    var sources: Sources
    /// Name of the chosen interface; `nil` where there is none to choose.
    var choice: String?
    /// What the keys go to.
    var focus: Focus
    /// What is wrong with what was typed; `nil` where nothing is known to be.
    var complaint: String?

    /// What is assigned, and how it got here.
    enum Sources: Hashable, Sendable {
        /// Sources that were selected: values, however many, which no editing can cut short.
        case chosen([IPv4Prefix])
        /// Sources as they are typed, separated by commas or spaces.
        case typed(String)
    }

    /// What the keys go to.
    enum Focus: Hashable, Sendable {
        case source, interface
    }

    /// The most bytes that are typed or pasted here, which is room for thousands of sources.
    static let longestText = 1 << 18

    /// The sources as a person would type them.
    var text: String {
        switch sources {
        case .chosen(let chosen): chosen.map(\.description).joined(separator: ", ")
        case .typed(let text): text
        }
    }

    /// The sources, or the first thing that is wrong with what was typed.
    func parsed() throws(InputError) -> [IPv4Prefix] {
        guard case .typed(let text) = sources else {
            if case .chosen(let chosen) = sources, !chosen.isEmpty { return chosen }
            throw InputError("type a source, such as 10.0.3.0/24")
        }
        var sources: [IPv4Prefix] = []
        var seen: Set<IPv4Prefix> = []
        for word in text.split(whereSeparator: { $0 == "," || $0 == " " }) {
            if let prefix = IPv4Prefix(word) {
                if seen.insert(prefix).inserted { sources.append(prefix) }
            } else if let (address, length) = IPv4Prefix.split(word) {
                let network = IPv4Prefix(address, length: length)
                throw InputError("\(word) is an address inside a network: type \(network)")
            } else {
                throw InputError("\(word) is neither an address nor a network")
            }
        }
        guard !sources.isEmpty else { throw InputError("type a source, such as 10.0.3.0/24") }
        return sources
    }

    /// What is wrong with something typed.
    struct InputError: Error, Hashable, Sendable {
        /// In one sentence without a full stop.
        var reason: String

        /// This is wrong.
        init(_ reason: String) { self.reason = reason }
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
