import NATModel
import NATPlan

/// What was announced and who was seen lately, to name a culprit by.
struct DriftTrace: Sendable {
    private var events: [(event: KernelEvent, at: Int)] = []
    private var processes: [(name: String, started: Int)] = []

    /// How long anything is remembered, in milliseconds.
    private static let memory = 10_000

    /// Notes what was announced, and who is seen now.
    mutating func add(_ new: [KernelEvent], _ seen: [SeenProcess], at now: Int) {
        events = events.filter { now - $0.at < Self.memory } + new.map { ($0, now) }
        processes = processes.filter { now - $0.started < Self.memory }
        for process in seen {
            let started = now - process.ageMilliseconds
            // The clock of the process table ticks a hundred times a second.
            let isKnown = processes.contains {
                $0.name == process.name && abs($0.started - started) < 30
            }
            if !isKnown { processes.append((process.name, started)) }
        }
    }

    /// Forgets who has deleted what until then: it is put back, and the next loss, which nobody may
    /// announce, has another cause. What a link did is remembered: its routes come back later.
    mutating func forgetAuthors(until then: Int) {
        events.removeAll { $0.at <= then && $0.event.author != nil }
    }

    /// What points at somebody now.
    func culprit(_ seen: [SeenProcess], _ interfaces: [Interface], at now: Int) -> Culprit {
        var copy = self
        copy.add([], seen, at: now)
        return Culprit(
            events: copy.events.map { ($0.event, now - $0.at) },
            processes: copy.processes.map {
                SeenProcess(name: $0.name, ageMilliseconds: now - $0.started)
            },
            interfaces: interfaces)
    }
}
