import Glibc
import NATHost
import NATModel

extension Lab {
    /// Runs a program inside a machine; a status other than 0 is a reply like any other.
    @discardableResult
    package func run(
        in machine: String, _ command: Command, input: String? = nil,
        deadline: Duration = .seconds(10)
    ) async throws(LabError) -> CommandReply {
        let runner = try runner(in: machine)
        do {
            return try await runner.run(command, input: input, deadline: deadline)
        } catch {
            throw LabError(error)
        }
    }

    /// Runs a program inside a machine and gives its standard output.
    ///
    /// - Throws: where its status is not 0.
    @discardableResult
    package func output(
        in machine: String, _ words: String...
    ) async throws(LabError) -> String {
        let command = Command(words)
        let reply = try await run(in: machine, command)
        guard reply.status == 0 else { throw LabError(command, reply) }
        return String(decoding: reply.output, as: UTF8.self)
    }

    /// The body of a page, asked for from inside a machine; `nil` where there was no answer.
    ///
    /// - Parameter seconds: how long the answer may take.
    package func fetch(
        _ path: String = "/", from machine: String, seconds: Int = 2
    ) async throws(LabError) -> String? {
        let reply = try await run(
            in: machine,
            Command(
                "curl", "--silent", "--fail", "--noproxy", "*", "--max-time", "\(seconds)",
                "http://\(Topology.internet)\(path)"))
        return reply.status == 0 ? String(decoding: reply.output, as: UTF8.self) : nil
    }

    /// The address the internet sees when this machine calls; `nil` where no call gets through.
    package func seenAs(_ machine: String, seconds: Int = 2) async throws(LabError) -> String? {
        try await fetch(from: machine, seconds: seconds)?.strippedOfControls
    }

    /// Changes what the metadata server answers, by the path below `/latest/`.
    ///
    /// - Parameter body: the document; `nil` makes it 404.
    package func setMetadata(_ path: String, _ body: String?) throws(LabError) {
        let tree = MetadataTree(root: state.metadataRoot)
        if let body { try tree.write([path: body]) } else { tree.remove(path) }
    }

    /// Lets every host fetch from the internet in a loop, until `stopTraffic` or the lab's end.
    package func startTraffic() async throws(LabError) {
        try await LabServers(lab: self).startTraffic()
    }

    /// Ends what `startTraffic` has started.
    package func stopTraffic() throws(LabError) {
        for machine in machines {
            guard let process = ServerProcess.running(state, "traffic-\(machine)") else { continue }
            kill(process, SIGKILL)
            unlink(state.readyFile("traffic-\(machine)"))
        }
    }
}
