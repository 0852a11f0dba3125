internal import NATModel

/// The choice of an interface for one or several sources. It executes nothing.
struct AssignDialog: Hashable, Sendable {
    /// The sources as they are typed, separated by commas or spaces.
    var text: String
    /// Name of the chosen interface; `nil` where there is none to choose.
    var choice: String?
    /// What the keys go to.
    var focus: Focus
    /// What is wrong with what was typed; `nil` where nothing is known to be.
    var complaint: String?

    /// What the keys go to.
    enum Focus: Hashable, Sendable {
        case source, interface
    }

    /// The most characters a person would type here.
    static let longestText = 2000

    /// The sources that are typed, or the first thing that is wrong with them.
    func sources() throws(InputError) -> [IPv4Prefix] {
        var sources: [IPv4Prefix] = []
        for word in text.split(whereSeparator: { $0 == "," || $0 == " " }) {
            if let prefix = IPv4Prefix(word) {
                if !sources.contains(prefix) { sources.append(prefix) }
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

    /// Adds text at the end, without what a terminal would act on.
    mutating func type(_ addition: String) {
        text = String((text + addition.strippedOfControlsKeepingSpaces).prefix(Self.longestText))
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
