public import NATModel
import NATParse

extension LocalBox {
    /// Asks the kernel which way packets of a host leave for the outside.
    public func kernelAnswer(for host: IPv4Address, input: RouteInput) async -> KernelAnswer {
        await KernelQuestion(runner: runner).answer(for: host, input: input)
    }
}

/// The question which way packets of a host leave for the outside.
struct KernelQuestion: Sendable {
    let runner: any CommandRunner

    func answer(for host: IPv4Address, input: RouteInput) async -> KernelAnswer {
        switch input {
        case .box:
            let command = RouteGetReply.command(to: .outside, from: host)
            return KernelAnswer(command: command, input: nil, way: await ask(command))
        case .interface(let name): return await answer(for: host, cameInBy: name)
        case .wayBack:
            let back = RouteGetReply.command(to: host)
            let way = await ask(back)
            if let input = way.value?.interface {
                return await answer(for: host, cameInBy: input)
            }
            let failure = way.failure ?? ReadFailure("\(back)", "no interface leads to it")
            return KernelAnswer(command: back, input: nil, way: .failed(failure))
        }
    }

    private func answer(
        for host: IPv4Address, cameInBy input: String
    ) async -> KernelAnswer {
        let command = RouteGetReply.command(to: .outside, from: host, input: input)
        return KernelAnswer(command: command, input: input, way: await ask(command))
    }

    private func ask(_ command: Command) async -> Reading<KernelWay> {
        do throws(CommandFailure) {
            let reply = try await runner.run(command)
            guard reply.status == 0 else {
                let netlink = "RTNETLINK answers: "
                let reason =
                    reply.error.hasPrefix(netlink)
                    ? String(reply.error.dropFirst(netlink.count)) : reply.complaint
                return .failed(ReadFailure(command.description, reason))
            }
            do throws(ParseError) {
                let way = try RouteGetReply.way(reply.output)
                return way.map { .value($0) }
                    ?? .failed(ReadFailure(command.description, "an empty answer"))
            } catch {
                return .failed(ReadFailure(command.description, error.description))
            }
        } catch {
            return .failed(error.readFailure)
        }
    }
}
