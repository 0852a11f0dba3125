/// What a name stands for, as the last answer told that was believed.
///
/// It is on disk, so that after a reboot, and while nobody answers, what was known goes on.
public struct FollowedName: Hashable, Codable, Sendable {
    /// The file that holds all of them.
    public static let path = "/var/lib/natdeck/names.json"

    /// The name.
    public var name: SourceName
    /// The hosts it stands for; empty where no answer was ever believed.
    public var hosts: [Host] = []
    /// Hosts it stood for and does not any more: what was made for them goes.
    public var former: [Host] = []
    /// When the last answer came that was believed, in seconds since 1970-01-01 UTC; `nil` where
    /// none was.
    public var answeredAtSeconds: Int64?
    /// Why the last question changed nothing, in one sentence without a full stop; `nil` where its
    /// answer was believed.
    public var trouble: String?
    /// How often the guard asks; `nil` where no guard has asked yet.
    public var pace: FollowingPace?
    /// Where the file of assignments has it leave; `nil` where it does not name it. It is not on disk
    /// with the rest.
    public var egress: Egress?

    private enum CodingKeys: String, CodingKey {
        case name, hosts, former, answeredAtSeconds, trouble, pace
    }

    /// One address that a name stands for.
    public struct Host: Hashable, Codable, Sendable {
        /// The address.
        public var address: IPv4Address
        /// The instance that has it; `nil` where no cloud told.
        public var instance: String?
        /// The instance's tag `Name`; `nil` where it has none.
        public var label: String?
        /// Since when the instance is known to be stopped, in seconds since 1970-01-01 UTC; `nil`
        /// where it runs, or nobody tells.
        public var stoppedAtSeconds: Int64?

        /// A host with this address.
        public init(
            _ address: IPv4Address, instance: String? = nil, label: String? = nil,
            stoppedAtSeconds: Int64? = nil
        ) {
            self.address = address
            self.instance = instance
            self.label = label
            self.stoppedAtSeconds = stoppedAtSeconds
        }

        /// `i-0123 worker-2`; empty where only the address is known.
        public var who: String { [instance, label].compactMap(\.self).joined(separator: " ") }
    }

    /// A name of which nothing is known yet.
    public init(_ name: SourceName) { self.name = name }

    /// How long ago the last answer came that was believed, at this time in seconds since 1970, such
    /// as `5 min ago`; `nil` where none was.
    public func age(at now: Int64) -> String? {
        answeredAtSeconds.map { answered in
            switch max(now - answered, 0) {
            case let seconds where seconds < 60: "\(seconds) s ago"
            case let seconds where seconds < 7200: "\(seconds / 60) min ago"
            case let seconds where seconds < 172_800: "\(seconds / 3600) h ago"
            case let seconds: "\(seconds / 86_400) days ago"
            }
        }
    }

    /// Whether so much time has gone by since the last answer that nobody can be asking any more.
    ///
    /// An answer that changes nothing may be a minute older than is written down.
    public func isForgotten(at now: Int64) -> Bool {
        guard let answeredAtSeconds else { return false }
        let pace = pace?.seconds ?? FollowingPace.longestSeconds
        return now - answeredAtSeconds > Int64(2 * pace + 90)
    }

    /// The host that has this address; `nil` where none has.
    public func host(_ address: IPv4Address) -> Host? { hosts.first { $0.address == address } }
}

extension Snapshot {
    /// The name by which a source is kept, and the host it stands for; `nil` for one that is kept by
    /// its address, or not at all.
    public func followed(_ source: IPv4Prefix) -> (name: SourceName, host: FollowedName.Host)? {
        guard source.length == 32,
            let name = ((saved.value ?? nil) ?? []).first(where: { $0.source == source })?.name,
            let host = names.value?.first(where: { $0.name == name })?.host(source.network)
        else { return nil }
        return (name, host)
    }

    /// Whether it is known of every name in the file what it stands for.
    public var knowsNames: Bool {
        switch names {
        case .value(let names): names.allSatisfy { $0.answeredAtSeconds != nil }
        case .failed(let failure): failure == .unread
        }
    }

    /// The sources that we still steer because a name stood for them, and that nothing
    /// keeps any more.
    public var formerSources: [IPv4Prefix] {
        let former = (names.value ?? []).flatMap(\.former).map { IPv4Prefix($0.address) }
        guard !former.isEmpty, case .value(let saved) = saved else { return [] }
        let kept = Set((saved ?? []).map(\.source))
        let steered = Set(ownSteered)
        return former.uniqued().filter { steered.contains($0) && !kept.contains($0) }
    }
}
