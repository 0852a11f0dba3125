import NATModel
import NATPlan

/// Ends the translated connections of sources.
struct ConnectionEnder: Sendable {
    let runner: any CommandRunner

    private static let deadline = Duration.seconds(10)

    /// Ends those of each source that has any. Source: conntrack(8).
    func end(_ actions: [Step.Action]) async -> StepRunner.Report {
        var sources = actions.compactMap { action in
            if case .endConnections(let source) = action { source } else { nil }
        }
        // To look costs as much as to delete once, and mostly there is little to delete.
        if sources.count > 1, let hosts = await hosts() { sources = Self.found(sources, hosts) }
        var failure: StepRunner.Failure?
        for source in sources {
            let command = Command("conntrack", "-D", "-s", source.description, "--src-nat")
            do throws(CommandFailure) {
                let reply = try await runner.run(command, input: nil, deadline: Self.deadline)
                // It exits 1 where there was nothing to delete.
                if reply.status > 1 { failure = StepRunner.Failure(reason: reply.complaint) }
            } catch .missing(let command) {
                let reason = CommandFailure.missing(command).readFailure.reason
                return StepRunner.Report(done: 0, failure: StepRunner.Failure(reason: reason))
            } catch {
                failure = StepRunner.Failure(reason: error.readFailure.reason)
            }
        }
        return failure.map { StepRunner.Report(done: 0, failure: $0) } ?? .all(actions.count)
    }

    /// The sources of which one of these hosts has a connection.
    private static func found(
        _ sources: [IPv4Prefix], _ hosts: Set<IPv4Address>
    ) -> [IPv4Prefix] {
        let lengths = Set(sources.map(\.length))
        var busy: Set<IPv4Prefix> = []
        for host in hosts {
            for length in lengths { busy.insert(IPv4Prefix(host, length: length)) }
        }
        return sources.filter(busy.contains)
    }

    /// The hosts that have a translated connection; `nil` where that cannot be told.
    private func hosts() async -> Set<IPv4Address>? {
        let command = Command("conntrack", "-L", "--src-nat")
        // Where nothing can be listed each source is asked for by itself, and says why.
        guard let reply = try? await runner.run(command, input: nil, deadline: Self.deadline),
            reply.status == 0
        else { return nil }
        var hosts: Set<IPv4Address> = []
        for line in reply.output.split(separator: UInt8(ascii: "\n")) {
            // The first `src=` is of the tuple as the host sent it.
            let words = line.split(separator: UInt8(ascii: " "))
            guard let word = words.first(where: { $0.starts(with: "src=".utf8) }) else { continue }
            let text = String(decoding: word.dropFirst(4), as: UTF8.self)
            if let host = IPv4Address(text[...]) { hosts.insert(host) }
        }
        return hosts
    }
}
