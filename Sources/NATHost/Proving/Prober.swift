public import NATModel
import NATParse

/// Asks an outside service which address it sees behind the box's own ones.
public struct Prober: Sendable {
    private let box: LocalBox
    private let facts: BoxFacts
    private let url: String

    /// A service that answers nothing but the address of who asks.
    public static let service = "https://checkip.amazonaws.com"

    /// How long the service may take, in seconds.
    private static let patienceSeconds = 10

    /// What came of asking through one address.
    public struct Answer: Hashable, Sendable {
        /// The interface it was asked by.
        public var interface: String
        /// The own address it was asked with.
        public var own: IPv4Address
        /// The public address that is known of it otherwise; `nil` where none is.
        public var told: PublicAddress?
        /// What the outside saw.
        public var seen: Reading<IPv4Address>

        /// Whether the outside sees what is told; `nil` where nothing is told or nothing was seen.
        public var agrees: Bool? {
            guard let told, let seen = seen.value else { return nil }
            return told.address == seen
        }
    }

    /// A prober of this box that asks the service at this address.
    public init(_ box: LocalBox, _ facts: BoxFacts, url: String) {
        self.box = box
        self.facts = facts
        self.url = url
    }

    /// Asks through each of these addresses, side by side.
    public func answers(_ ways: [(egress: EgressInterface, own: IPv4Address)]) async -> [Answer] {
        await withTaskGroup(of: (Int, Answer).self) { group in
            for (place, way) in ways.enumerated() {
                group.addTask { (place, await answer(way.egress, way.own)) }
            }
            var answers: [(Int, Answer)] = []
            for await answer in group { answers.append(answer) }
            return answers.sorted { $0.0 < $1.0 }.map(\.1)
        }
    }

    private func answer(_ egress: EgressInterface, _ own: IPv4Address) async -> Answer {
        let name = egress.interface.name
        var answer = Answer(
            interface: name, own: own, told: egress.toldAddress(of: own), seen: .failed(.unread))
        if let failure = await objection(to: own, leavingBy: name) {
            answer.seen = .failed(failure)
        } else {
            answer.seen = await ask(from: own)
        }
        return answer
    }

    /// Why what the box sends from this address is no proof of it; `nil` where it is.
    private func objection(to own: IPv4Address, leavingBy name: String) async -> ReadFailure? {
        let question = RouteQuestion(to: facts.outside, from: own)
        switch await box.routing.way(of: question) {
        case .failed(let failure): return failure
        case .value(let way) where way.interface != name:
            let table = facts.egress(name)?.ownedTable.map { "\($0)" } ?? "TABLE"
            return ReadFailure(
                "\(own)",
                "what the box itself sends from it leaves by \(way.interface ?? "nothing"), not by"
                    + " \(name)",
                fix: "ip rule add from \(own) lookup \(table)")
        case .value: break
        }
        let promise = facts.promise(of: IPv4Prefix(own), leavingBy: name)
        guard let given = promise?.answer.address, given != own else { return nil }
        return ReadFailure("\(own)", "NAT gives what the box sends from it the address \(given)")
    }

    /// Source: curl(1).
    private func ask(from own: IPv4Address) async -> Reading<IPv4Address> {
        let command = Command(
            "curl", "-q", "--silent", "--show-error", "--fail", "--ipv4", "--noproxy", "*",
            "--proto", "=http,https", "--max-time", "\(Self.patienceSeconds)", "--max-filesize",
            "1000", "--interface", "host!\(own)", "--url", url)
        do throws(CommandFailure) {
            let reply = try await box.runner.run(
                command, input: nil, deadline: .seconds(Self.patienceSeconds + 2))
            guard reply.status == 0 else {
                return .failed(ReadFailure(command.description, reply.complaint))
            }
            let text = String(decoding: reply.output.prefix(1000), as: UTF8.self)
                .strippedOfControls
            guard let address = IPv4Address(text) else {
                return .failed(
                    ReadFailure(url, "it answered «\(text.prefix(60))», which is no address"))
            }
            return .value(address)
        } catch {
            return .failed(error.readFailure)
        }
    }

    /// Remembers what was seen, beside what was seen of other addresses.
    ///
    /// - Parameter now: seconds since 1970-01-01 UTC.
    /// - Returns: why it could not be written down; `nil` where it was.
    public func remember(_ answers: [Answer], now: Int64) -> ReadFailure? {
        let seen = answers.compactMap { answer in
            answer.seen.value.map {
                ProbedAddress(own: answer.own, outside: $0, atSeconds: now)
            }
        }
        guard !seen.isEmpty else { return nil }
        let fresh = Set(seen.map(\.own))
        let kept = (facts.snapshot.probed.value ?? []).filter { !fresh.contains($0.own) }
        do throws(ReadFailure) {
            try box.files.write(ProbedFile.text(kept + seen), to: ProbedAddress.path)
            return nil
        } catch {
            return error
        }
    }
}
