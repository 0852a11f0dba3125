/// An assignment as the operator keeps it in `/etc/natdeck/assignments`.
public struct SavedAssignment: Hashable, Codable, Sendable {
    /// The file.
    public static let path = "/etc/natdeck/assignments"

    /// The source.
    public var source: IPv4Prefix
    /// The interface it is to leave by.
    public var egress: String

    /// A source that is to leave by this interface.
    public init(source: IPv4Prefix, egress: String) {
        self.source = source
        self.egress = egress
    }
}

extension Snapshot {
    /// By which interface a source is to leave as it was kept; `nil` where nothing is kept of it
    /// or the file could not be read.
    public func savedEgress(of source: IPv4Prefix) -> String? {
        saved.value??.first { $0.source == source }?.egress
    }

    /// What was kept and is not so in the kernel, in the order of the file, and then what natdeck
    /// assigned that the file does not name. Empty where there is no file.
    public var drift: [Drift] {
        guard let saved = saved.value ?? nil, rules.value != nil, tables.value != nil else {
            return []
        }
        let present = Dictionary(
            assignments.map { ($0.source, $0) }, uniquingKeysWith: { first, _ in first })
        let differing = saved.compactMap { kept -> Drift? in
            let egress = present[kept.source]?.way.interface
            if egress == kept.egress { return nil }
            return Drift(source: kept.source, kept: kept.egress, present: egress)
        }
        let names = Set(saved.map(\.source))
        return differing
            + assignments.filter { $0.isOwned && !names.contains($0.source) }.map {
                Drift(source: $0.source, kept: nil, present: $0.way.interface)
            }
    }
}

/// A source whose way out in the kernel differs from what was kept.
public struct Drift: Hashable, Sendable {
    /// The source.
    public var source: IPv4Prefix
    /// The interface the file names; `nil` where the file does not name the source.
    public var kept: String?
    /// The interface it really leaves by; `nil` where no rule is for it, or it leaves by none.
    public var present: String?

    /// A difference of this source.
    public init(source: IPv4Prefix, kept: String?, present: String?) {
        self.source = source
        self.kept = kept
        self.present = present
    }
}
