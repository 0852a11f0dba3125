public import NATModel

extension LocalBox {
    /// Asks the kernel which way packets of a host leave for the outside.
    public func kernelAnswer(for host: IPv4Address, input: RouteInput) async -> KernelAnswer {
        let facts = BoxFacts(
            await reader.snapshot([.saved, .rules, .tables, .interfaces], over: nil),
            derivesAssignments: false)
        return await KernelQuestion(
            routing: routing, outside: facts.outside,
            // What natdeck itself marks before it is routed.
            mark: input == .box ? 0 : facts.mark(of: IPv4Prefix(host))
        ).answer(for: host, input: input)
    }
}

/// The question which way packets of a host leave for the outside.
struct KernelQuestion: Sendable {
    let routing: any RoutingSource
    /// What stands for the outside.
    let outside: IPv4Address
    /// The mark that what the host sends has by then.
    var mark: UInt32 = 0

    func answer(for host: IPv4Address, input: RouteInput) async -> KernelAnswer {
        switch input {
        case .box: return await ask(RouteQuestion(to: outside, from: host))
        case .interface(let name):
            return await ask(RouteQuestion(to: outside, from: host, input: name))
        case .wayBack:
            let back = RouteQuestion(to: host)
            let way = await routing.way(of: back)
            if let name = way.value?.interface {
                return await ask(RouteQuestion(to: outside, from: host, input: name))
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
