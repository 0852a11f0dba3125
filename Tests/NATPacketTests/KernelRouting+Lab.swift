import NATHost
import NATLab
import NATModel
import NATTesting
import Testing

extension TestNamespace {
    /// The network namespace of a machine of the lab.
    convenience init(_ lab: Lab, machine: String) throws {
        let option = "--net="
        let words = try lab.entrance(to: machine).wrap(Command("true")).arguments
        // The file of the machine's network namespace. See ip-netns(8).
        let path = try #require(
            words.first { $0.hasPrefix(option) }.map { String($0.dropFirst(option.count)) })
        try self.init(at: path)
    }
}

extension KernelRouting {
    /// What the kernel tells a machine of the lab.
    init(_ lab: Lab, machine: String) throws {
        self.init(try TestNamespace(lab, machine: machine))
    }
}
