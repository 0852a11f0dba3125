import NATHost
import NATLab
import NATModel
import Testing

#if canImport(Glibc)
    import Glibc
#endif

/// The policy rules and routes of a machine of the lab, read by a thread that is there meanwhile.
struct LabRouting: RoutingSource {
    /// The file of the machine's network namespace. See ip-netns(8).
    private let namespace: String

    init(_ lab: Lab, machine: String) throws {
        let option = "--net="
        let words = try lab.entrance(to: machine).wrap(Command("true")).arguments
        namespace = try #require(
            words.first { $0.hasPrefix(option) }.map {
                String($0.dropFirst(option.count))
            })
    }

    func rules() -> Reading<[RoutingPolicyRule]> { inside { KernelRouting().rules() } }

    func tables() -> Reading<[FIBTable]> { inside { KernelRouting().tables() } }

    private func inside<Value>(_ body: () -> Reading<Value>) -> Reading<Value> {
        let home = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC)
        let away = open(namespace, O_RDONLY | O_CLOEXEC)
        defer {
            close(home)
            close(away)
        }
        guard home >= 0, Self.enter(away) else {
            return .failed(ReadFailure(namespace, String(cString: strerror(errno))))
        }
        let reading = body()
        // A thread that stayed would have later tests change the lab in place of the machine.
        precondition(Self.enter(home), "no way back from \(namespace)")
        return reading
    }

    /// Swift's module for glibc leaves setns(2) out.
    private static func enter(_ descriptor: Int32) -> Bool {
        guard let address = dlsym(nil, "setns") else { return false }
        let setns = unsafeBitCast(
            address, to: (@convention(c) (Int32, Int32) -> Int32).self)
        return setns(descriptor, 0x4000_0000) == 0  // CLONE_NEWNET
    }
}
