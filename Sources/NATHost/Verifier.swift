import NATModel
import NATParse
import NATPlan

/// Asks the kernel whether what a plan promised holds.
struct Verifier: Sendable {
    let runner: any CommandRunner
    let reader: SnapshotReader

    /// The first verification that does not hold; `nil` where all do.
    func failure(of plan: Plan) async -> Outcome.Failure? {
        let snapshot = await reader.snapshot(
            [.rules, .tables, .nat, .interfaces, .sysctls], over: nil)
        for verification in plan.verifications {
            switch verification {
            case .leaves(let source, let interface):
                if let failure = await wrongWay(source, interface, snapshot) { return failure }
            case .isMasqueraded(let source, let interface):
                if snapshot.isMasqueraded(source, leavingBy: interface) != true {
                    return .init(
                        "iptables -t nat -nvL POSTROUTING",
                        "no rule translates what \(source) sends by \(interface)")
                }
            case .failsClosed(let table):
                let routes = snapshot.table(table)?.routes ?? []
                if !routes.contains(where: \.isBackstop) {
                    return .init(
                        "ip route show table \(table)", "it has no unreachable default route")
                }
            case .sysctl(let name, let value):
                if snapshot.sysctl(name) != value {
                    let read = snapshot.sysctl(name).map { "\($0)" } ?? "nothing"
                    return .init("sysctl \(name)", "it reads \(read) and not \(value)")
                }
            }
        }
        return nil
    }

    /// What the kernel says of a packet of `source` to the outside, where it is not `interface`.
    private func wrongWay(
        _ source: IPv4Prefix, _ interface: String, _ snapshot: Snapshot
    ) async -> Outcome.Failure? {
        guard let host = representative(of: source, snapshot.rules.value ?? []) else { return nil }
        guard let input = await input(of: host) else {
            return .init(
                RouteGetReply.command(to: host).description, "no interface leads to \(host)")
        }
        let command = RouteGetReply.command(to: .outside, from: host, input: input)
        do throws(CommandFailure) {
            let reply = try await runner.run(command)
            guard reply.status == 0 else { return .init(command.description, reply.complaint) }
            let way = try? RouteGetReply.parse(reply.output)
            guard way == interface else {
                return .init(
                    command.description,
                    "the kernel sends it out of \(way ?? "nothing") and not of \(interface)")
            }
            return nil
        } catch {
            return .init(command.description, error.readFailure.reason)
        }
    }

    /// A host of `source` that no narrower rule sends elsewhere; `nil` where there is none.
    private func representative(
        of source: IPv4Prefix, _ rules: [RoutingPolicyRule]
    ) -> IPv4Address? {
        let narrower = rules.compactMap(\.source)
            .filter { $0 != source && source.contains($0) }
        var host = source.representative
        while let taken = narrower.first(where: { $0.contains(host) }) {
            guard taken.last < source.last else { return nil }
            host = IPv4Address(rawValue: taken.last.rawValue + 1)
        }
        return host
    }

    /// The interface by which packets of a host come in: the one that leads to it.
    private func input(of host: IPv4Address) async -> String? {
        guard let reply = try? await runner.run(RouteGetReply.command(to: host)), reply.status == 0
        else { return nil }
        return try? RouteGetReply.parse(reply.output)
    }
}
