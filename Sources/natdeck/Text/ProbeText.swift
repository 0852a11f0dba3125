import NATHost
import NATModel

/// What probes found, for people.
struct ProbeText {
    let answers: [Prober.Answer]

    var text: String {
        guard !answers.isEmpty else { return "No interface leads outside.\n" }
        let rows = answers.map { answer in
            [
                answer.interface, answer.own.description,
                answer.told?.address.description ?? "-", answer.told?.source.rawValue ?? "-",
                answer.seen.value?.description ?? "no answer",
                answer.agrees.map { $0 ? "yes" : "NO" } ?? "-",
            ]
        }
        return TextTable(["EGRESS", "PRIVATE", "PUBLIC", "TOLD BY", "SEEN OUTSIDE", "AGREES"])
            .lines(rows).joined(separator: "\n") + "\n"
    }
}
