public import NATModel

/// What was told of a name just now.
public enum NameAnswer: Hashable, Sendable {
    /// It stands for these hosts; none where it matches nothing.
    case hosts([Host])
    /// Nobody answered, or not so that it could be understood.
    case failed(String)

    /// A host as it was told.
    public struct Host: Hashable, Sendable {
        /// Its address.
        public var address: IPv4Address
        /// The instance; `nil` where no cloud told.
        public var instance: String?
        /// The instance's tag `Name`; `nil` where it has none.
        public var label: String?
        /// Whether the instance is stopped, or about to be.
        public var isStopped: Bool

        /// A host with this address.
        public init(
            _ address: IPv4Address, instance: String? = nil, label: String? = nil,
            isStopped: Bool = false
        ) {
            self.address = address
            self.instance = instance
            self.label = label
            self.isStopped = isStopped
        }
    }
}

/// What an answer must be like to be believed.
public struct FollowingLimits: Hashable, Sendable {
    /// The most hosts that a name may stand for: a tag that suddenly matches everything moves
    /// nobody.
    public var mostHosts: Int
    /// The networks that hosts are in; empty where they are not known, and then any will do.
    public var networks: [IPv4Prefix]
    /// How long a stopped instance keeps its way, in seconds.
    public var keepsStoppedSeconds: Int64

    /// A day for stopped instances, and 256 hosts, unless said otherwise.
    public init(
        mostHosts: Int = 256, networks: [IPv4Prefix] = [], keepsStoppedSeconds: Int64 = 86_400
    ) {
        self.mostHosts = mostHosts
        self.networks = networks
        self.keepsStoppedSeconds = keepsStoppedSeconds
    }
}

extension FollowedName {
    /// What is known of the name after an answer that came at this time, in seconds since 1970.
    ///
    /// An answer that cannot be meant changes nothing but the trouble: what stands goes on.
    public func told(
        _ answer: NameAnswer, at now: Int64, within limits: FollowingLimits
    ) -> FollowedName {
        var new = self
        switch answer {
        case .failed(let reason): new.trouble = reason
        case .hosts(let told):
            if let objection = objection(to: told, limits) {
                new.trouble = objection
                return new
            }
            new.trouble = nil
            new.answeredAtSeconds = now
            new.hosts = hosts(told, now, limits)
            let addresses = Set(new.hosts.map(\.address))
            new.former = (former + hosts).filter { !addresses.contains($0.address) }.uniqued()
        }
        return new
    }

    private func objection(to told: [NameAnswer.Host], _ limits: FollowingLimits) -> String? {
        if told.isEmpty { return "it matches nothing" }
        let addresses = Set(told.map(\.address))
        if addresses.count > limits.mostHosts {
            return "it matches \(addresses.count) hosts, and no more than \(limits.mostHosts) are"
                + " followed (--at-most)"
        }
        let stranger = told.first { host in
            !limits.networks.isEmpty && !limits.networks.contains { $0.contains(host.address) }
        }
        guard let stranger else { return nil }
        return "\(stranger.address)\(stranger.instance.map { " of \($0)" } ?? "") is outside of"
            + " \(list(limits.networks))"
    }

    private func hosts(
        _ told: [NameAnswer.Host], _ now: Int64, _ limits: FollowingLimits
    ) -> [Host] {
        var seen: Set<IPv4Address> = []
        // Who runs comes first: of two with one address the other is stopped.
        let ordered = told.filter { !$0.isStopped } + told.filter(\.isStopped)
        return ordered.compactMap { told -> Host? in
            var host = Host(told.address, instance: told.instance, label: told.label)
            if told.isStopped {
                let since = self.host(told.address)?.stoppedAtSeconds ?? now
                guard now - since < limits.keepsStoppedSeconds else { return nil }
                host.stoppedAtSeconds = since
            }
            return seen.insert(told.address).inserted ? host : nil
        }.sorted { $0.address < $1.address }
    }
}
