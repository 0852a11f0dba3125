import NATHost
import NATLab
import NATModel
import NATTesting
import Testing

/// The policy rules and routes of a machine of the lab.
struct LabRouting: RoutingSource, RoutingChanger {
    private let namespace: TestNamespace

    init(_ lab: Lab, machine: String) throws {
        let option = "--net="
        let words = try lab.entrance(to: machine).wrap(Command("true")).arguments
        // The file of the machine's network namespace. See ip-netns(8).
        namespace = try TestNamespace(
            at: try #require(
                words.first { $0.hasPrefix(option) }.map { String($0.dropFirst(option.count)) }))
    }

    func rules() -> Reading<[RoutingPolicyRule]> { namespace.inside { KernelRouting().rules() } }

    func tables() -> Reading<[FIBTable]> { namespace.inside { KernelRouting().tables() } }

    func change(
        _ changes: [RoutingChange], tolerating: Set<Int32>
    ) async -> RoutingChangeReport {
        await KernelRouting(namespace).change(changes, tolerating: tolerating)
    }
}
