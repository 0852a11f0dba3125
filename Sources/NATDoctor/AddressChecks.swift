import NATModel

// The addresses that hosts are to leave with.
extension Doctor {
    /// `nil` where no source has an address of its own.
    static func givenAddresses(_ patient: Patient) -> Check? {
        let topic = Topic(
            id: "addresses-absent", title: "Addresses of hosts",
            reason: "what is to leave with an address that the box does not have does not leave")
        let given = patient.assignments.filter { !$0.addresses.isEmpty }
        guard !given.isEmpty else { return nil }
        var fix: String?
        let findings = given.compactMap { assignment -> String? in
            guard let name = assignment.egress,
                case let absent = patient.facts.used(by: assignment.source, leavingBy: name).absent,
                let first = absent.first
            else { return nil }
            fix = fix ?? "ip address add \(first)/32 dev \(name)"
            let whose = absent.count < assignment.addresses.count ? "hosts of " : ""
            let verb = absent.count == 1 ? "is" : "are"
            return "\(whose)\(assignment.source) do not leave \(name):"
                + " \(absent.map(\.description).joined(separator: ", ")) \(verb) not of this box"
        }
        return topic.found(
            .error, findings, else: "the box has every address that hosts are to leave with",
            fix.map { .manual($0) })
    }
}
