import NATModel
import NATPlan

// What queues, links and the cloud's allowances hold back. That grows or does not, so it takes two
// readings; where there is one, the sums alone are told.
extension Doctor {
    static func queueDrops(_ patient: Patient) -> Check {
        let topic = Topic(
            id: "queue-drops", title: "Full queues",
            reason: "a packet that finds the queue full is lost, and its sender slows down")
        return growth(patient, topic, "drops") { counters in
            counters.queue?.droppedPackets.map {
                ["\(counters.queue?.kind ?? "queue")": UInt64($0)]
            }
        }
    }

    static func allowances(_ patient: Patient) -> Check {
        let topic = Topic(
            id: "allowance-exceeded", title: "Cloud allowances",
            reason: "beyond what the size of the instance allows the cloud delays or drops packets")
        return growth(patient, topic, "times exceeded") { $0.exceededAllowances }
    }

    /// What of an interface has grown since the reading before.
    private static func growth(
        _ patient: Patient, _ topic: Topic, _ what: String,
        _ sums: (InterfaceCounters) -> [String: UInt64]?
    ) -> Check {
        let all: [String: InterfaceCounters]
        switch patient.snapshot.counters {
        case .value(let value): all = value
        case .failed(let failure): return topic.unknown(failure)
        }
        var known: [String] = []
        var growing: [String] = []
        for (interface, counters) in all.sorted(by: { $0.key < $1.key }) {
            let before = patient.earlier?.counters.value?[interface].flatMap(sums)
            for (name, sum) in (sums(counters) ?? [:]).sorted(by: { $0.key < $1.key }) {
                if sum > 0 { known.append("\(interface) \(name): \(sum) \(what)") }
                guard let earlier = before?[name], sum > earlier else { continue }
                growing.append(
                    "\(interface) \(name): \(sum - earlier) \(what) within \(patient.spanText)")
            }
        }
        let sums = known.isEmpty ? "none" : known.joined(separator: ", ")
        return topic.found(
            .warning, growing,
            else: patient.earlier == nil
                ? "\(sums); one reading tells no growth"
                : "\(sums), and none within \(patient.spanText)",
            .manual("more bandwidth, or fewer hosts by this interface"))
    }

    static func saturation(_ patient: Patient) -> Check {
        let topic = Topic(
            id: "link-saturated", title: "Full links",
            reason: "what a link cannot carry waits, and then is lost")
        let snapshot = patient.snapshot
        if let failure = patient.failure(of: .counters, .interfaces) {
            return topic.unknown(failure)
        }
        guard let earlier = patient.earlier, patient.spanMilliseconds > 0 else {
            return topic.ok("one reading tells no rate")
        }
        var full: [String] = []
        var most: (text: String, share: Double)?
        for interface in snapshot.interfaces.value ?? [] where !interface.isLoopback {
            guard let now = snapshot.counters.value?[interface.name],
                let before = earlier.counters.value?[interface.name]
            else { continue }
            let ways = [
                ("in", now.rxBytes, before.rxBytes, interface.speedBitsPerSecond),
                (
                    "out", now.txBytes, before.txBytes,
                    now.queue?.rateBitsPerSecond ?? interface.speedBitsPerSecond
                ),
            ]
            for (way, bytes, earlierBytes, limit) in ways {
                guard let limit, limit > 0, bytes >= earlierBytes else { continue }
                let bits = Double(bytes - earlierBytes) * 8000 / Double(patient.spanMilliseconds)
                let share = bits / Double(limit)
                let text =
                    "\(interface.name) \(way): \(Int(share * 100)) % of \(limit / 1_000_000) Mbit/s"
                if share > 0.9 { full.append(text) }
                if share > most?.share ?? 0 { most = (text, share) }
            }
        }
        return topic.found(
            .warning, full, else: most?.text ?? "nothing is sent, or no link tells its speed",
            .manual("move hosts to another interface, or make the link faster"))
    }
}
