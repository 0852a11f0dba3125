import NATHost
import NATModel

/// The contract of `natdeck probe --json`: camelCase, and null for what is unknown.
struct ProbeJSON {
    let answers: [Prober.Answer]

    /// Writes it, a line.
    func write(to stream: StandardStream) {
        var writer = JSONWriter { stream.write($0) }
        writer.array(answers) { writer, answer in
            writer.object {
                $0.member("interface", answer.interface)
                $0.member("address", answer.own.description)
                $0.member("publicAddress", answer.told?.address.description)
                $0.member("source", answer.told?.source.rawValue)
                $0.member("seen", answer.seen.value?.description)
                $0.member("agrees", answer.agrees)
                $0.member("error", answer.seen.failure.map { "\($0)" })
            }
        }
        writer.endLine()
    }
}
