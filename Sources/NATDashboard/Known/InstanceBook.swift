internal import NATModel

/// The instances of the cloud, as far as they were listed.
struct InstanceBook: Sendable {
    /// What was told last; `nil` before anything was.
    private(set) var reading: Reading<[CloudInstance]>?
    /// Whether an answer is awaited.
    private(set) var isAsked = false
    private var askedAtMilliseconds: Int64?

    /// How long Name tags are believed before they are asked for again.
    private static let beliefMilliseconds: Int64 = 600_000

    /// The instances, by name and then by number.
    var instances: [CloudInstance] { reading?.value ?? [] }

    /// The Name tags, by address.
    var labels: [IPv4Address: String] {
        var labels: [IPv4Address: String] = [:]
        for instance in instances {
            guard let label = instance.label?.strippedOfControls else { continue }
            // Who runs has the address; one that is stopped may have lost it.
            for address in instance.addresses where labels[address] == nil || !instance.isStopped {
                labels[address] = label
            }
        }
        return labels
    }

    /// Takes an answer. One that failed leaves what is known.
    mutating func take(_ new: Reading<[CloudInstance]>) {
        isAsked = false
        switch new {
        case .value(let instances):
            let key = { (instance: CloudInstance) in
                (instance.label?.lowercased() ?? "\u{10ffff}", instance.number)
            }
            reading = .value(instances.filter { !$0.isGone }.sorted { key($0) < key($1) })
        case .failed where reading?.value != nil: break
        case .failed: reading = new
        }
    }

    /// Whether it is time to ask by itself: once, and where there was an answer, now and then.
    func isDue(atMilliseconds now: Int64) -> Bool {
        guard !isAsked else { return false }
        guard let askedAtMilliseconds else { return true }
        return reading?.value != nil && now - askedAtMilliseconds >= Self.beliefMilliseconds
    }

    /// Notes that it is asked for.
    mutating func ask(atMilliseconds now: Int64) {
        isAsked = true
        askedAtMilliseconds = now
    }

    /// Has it asked for anew.
    mutating func forget() { askedAtMilliseconds = nil }
}

extension DashboardState {
    /// What the metadata tells of the box's interfaces, where it is in AWS; `nil` elsewhere.
    var ownCloud: [CloudInterface]? {
        guard let cloud = live.snapshot?.cloud.value, cloud.contains(where: { $0.aws != nil })
        else { return nil }
        return cloud
    }

    /// Wishes for the list of instances, while names are shown and now and then.
    mutating func instancesToList() -> [Effect] {
        guard showsNames, frozen == nil, let cloud = ownCloud,
            instances.isDue(atMilliseconds: now)
        else { return [] }
        instances.ask(atMilliseconds: now)
        return [.listInstances(cloud)]
    }
}
