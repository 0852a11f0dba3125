public import NATModel

extension LocalBox {
    /// Asks the kernel which way packets of a host leave for the outside.
    public func kernelAnswer(for host: IPv4Address, input: RouteInput) async -> KernelAnswer {
        // What natdeck itself marks before it is routed.
        let gate = input == .box ? nil : await reader.snapshot([.saved], over: nil).gate.value
        let mark = (gate ?? nil)?.mark(of: IPv4Prefix(host))?.value ?? 0
        return await KernelQuestion(routing: routing, mark: mark).answer(for: host, input: input)
    }
}

/// The question which way packets of a host leave for the outside.
struct KernelQuestion: Sendable {
    let routing: any RoutingSource
    /// The mark that what the host sends has by then.
    var mark: UInt32 = 0

    func answer(for host: IPv4Address, input: RouteInput) async -> KernelAnswer {
        switch input {
        case .box: return await ask(RouteQuestion(to: .outside, from: host))
        case .interface(let name):
            return await ask(RouteQuestion(to: .outside, from: host, input: name))
        case .wayBack:
            let back = RouteQuestion(to: host)
            let way = await routing.way(of: back)
            if let name = way.value?.interface {
                return await ask(RouteQuestion(to: .outside, from: host, input: name))
            }
            let failure = way.failure ?? ReadFailure("\(back.command)", "no interface leads to it")
            return KernelAnswer(command: back.command, input: nil, way: .failed(failure))
        }
    }

    private func ask(_ question: RouteQuestion) async -> KernelAnswer {
        var question = question
        question.mark = mark
        return KernelAnswer(
            command: question.command, input: question.input, way: await routing.way(of: question))
    }
}
