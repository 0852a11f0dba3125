import ArgumentParser
import NATHost
import NATModel
import NATPlan

#if canImport(Glibc)
    import Glibc
#endif

struct ProbeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "probe",
        abstract: "Ask the outside which address it sees through each egress.",
        discussion: """
            The answers are held against what the cloud says, and remembered for boxes where nobody
            tells. The status is 1 where an answer differs or is missing.

            Examples:
              natdeck probe
              natdeck probe eth1 --url https://ifconfig.me/ip
            """)

    @Argument(help: "Interfaces, public IPs or addresses of the box; all of them without any.")
    var egresses: [String] = []

    @Option(help: "A page that answers nothing but the caller's address.")
    var url = Prober.service

    @Flag(help: "Print JSON, with null for what is unknown.")
    var json = false

    func validate() throws {
        guard url.hasPrefix("https://") || url.hasPrefix("http://") else {
            throw ValidationError("--url \(url): it must begin with https:// or http://")
        }
    }

    func run() async throws {
        let box = LocalBox.system()
        let now = await box.reader.snapshot(
            [.interfaces, .rules, .tables, .nat, .cloud, .sysctls], over: nil)
        let facts = BoxFacts(now, derivesAssignments: false)
        let ways: [(egress: EgressInterface, own: IPv4Address)]
        do throws(PlanRefusal) { ways = try self.ways(facts) } catch { throw refusal(error) }
        let prober = Prober(box, facts, url: url)
        let answers = await prober.answers(ways)
        if json {
            ProbeJSON(answers: answers).write(to: .output)
        } else {
            StandardStream.output.write(ProbeText(answers: answers).text)
        }
        for answer in answers {
            if let failure = answer.seen.failure { complain("\(failure)", fix: failure.fix) }
        }
        // Whoever may not write there looks all the same.
        if geteuid() == 0,
            let failure = prober.remember(answers, now: Clock.wallMilliseconds / 1000)
        {
            complain("\(failure): the answers are not remembered", fix: failure.fix)
        }
        if answers.contains(where: { $0.seen.value == nil || $0.agrees == false }) {
            throw ExitStatus.failed.code
        }
    }

    /// The addresses that are asked through.
    private func ways(
        _ facts: BoxFacts
    ) throws(PlanRefusal) -> [(egress: EgressInterface, own: IPv4Address)] {
        let all = facts.egresses.flatMap { egress in
            egress.addressPairs.enumerated().compactMap { place, pair in
                // The first is what MASQUERADE gives; another one is an egress where it is known.
                pair.own.flatMap { own in
                    place == 0 || pair.outside != nil ? (egress, own, pair.outside) : nil
                }
            }
        }
        if egresses.isEmpty { return all.map { ($0.0, $0.1) } }
        var ways: [(egress: EgressInterface, own: IPv4Address)] = []
        for text in egresses {
            let address = IPv4Address(text)
            let found = all.filter { egress, own, outside in
                egress.interface.name == text || address == own
                    || (outside != nil && outside == address)
            }
            guard !found.isEmpty else {
                throw PlanRefusal(
                    text.strippedOfControls,
                    "no interface, public or own address that leads outside",
                    fix: "one of \(all.map(\.0.interface.name).uniqued().joined(separator: ", "))")
            }
            ways += found.map { ($0.0, $0.1) }
        }
        return ways
    }
}
