public import NATModel
public import NATPlan

/// One thing the doctor looks at, and what it found.
public struct Check: Hashable, Sendable {
    /// A name for it that does not change and that no other check has, such as `ip-forward-off`.
    public var id: String
    /// What it looks at, in a few words.
    public var title: String
    /// How it is.
    public var status: Status
    /// What was read, one sentence without a full stop for each thing; never empty.
    public var findings: [String]
    /// Why it matters, in one sentence without a full stop.
    public var reason: String
    /// What mends it; `nil` where nothing is wrong or nothing is known to.
    public var remedy: Remedy?

    /// How the thing looked at is. The worst comes first.
    public enum Status: String, Hashable, Comparable, Sendable, CaseIterable {
        /// Something does not work, or cannot be seen.
        case error
        /// Something works, with a hazard.
        case warning
        /// It could not be read, so nobody knows.
        case unknown
        /// Something to know.
        case info
        /// It is as it should be.
        case ok

        /// The worse is the less.
        public static func < (left: Self, right: Self) -> Bool { left.rank < right.rank }

        private var rank: Int { Self.allCases.firstIndex(of: self) ?? 0 }
    }

    /// What mends something.
    public enum Remedy: Hashable, Sendable {
        /// natdeck makes a plan for this, and carries it out when it is agreed to.
        case plan(Intent)
        /// A person has to choose by which egress this source is to leave; the interface is the one
        /// it was to leave by so far, `nil` where there is none.
        case assign(IPv4Prefix, egress: String?)
        /// A person has to do this: a command, or one sentence without a full stop.
        case manual(String)
    }

    /// A check that found this.
    public init(
        _ id: String, _ title: String, _ status: Status, _ findings: [String],
        because reason: String,
        remedy: Remedy? = nil
    ) {
        self.id = id
        self.title = title
        self.status = status
        self.findings = findings
        self.reason = reason
        self.remedy = remedy
    }

    /// What natdeck would do about it; `nil` where it makes no plan.
    public var intent: Intent? {
        if case .plan(let intent) = remedy { intent } else { nil }
    }

    /// What to type or to do; `nil` where nothing is known to mend it.
    public var fix: String? {
        switch remedy {
        case .plan: "natdeck doctor --fix \(id)"
        case .assign(let source, nil): "natdeck assign \(source) NIC"
        case .assign(let source, let egress?):
            "natdeck assign \(source) \(egress), if it is to leave so"
        case .manual(let text): text
        case nil: nil
        }
    }

    /// What was read, in one line: of many findings the first, and how many there are.
    public var summary: String {
        guard let first = findings.first, findings.count > 1 else { return findings.first ?? "" }
        return "\(first) (and \(findings.count - 1) more)"
    }
}

/// What a check is of: the parts of it that stay the same whatever it finds.
struct Topic {
    let id: String
    let title: String
    let reason: String

    /// All is well.
    func ok(_ finding: String) -> Check {
        Check(id, title, .ok, [finding], because: reason)
    }

    /// It could not be read.
    func unknown(_ failure: ReadFailure) -> Check {
        Check(
            id, title, .unknown, ["\(failure)"], because: reason,
            remedy: failure.fix.map { .manual($0) })
    }

    /// Something was found.
    func found(_ status: Check.Status, _ findings: [String], _ remedy: Check.Remedy?) -> Check {
        Check(id, title, status, findings, because: reason, remedy: remedy)
    }

    /// What was found, if anything was; else this sentence, and all is well.
    func found(
        _ status: Check.Status, _ findings: [String], else fine: String,
        _ remedy: @autoclosure () -> Check.Remedy?
    ) -> Check {
        findings.isEmpty ? ok(fine) : found(status, findings, remedy())
    }
}
