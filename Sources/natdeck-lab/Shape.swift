import ArgumentParser
import NATLab

/// How large a lab is.
struct Shape: ParsableArguments {
    @Option(help: "Build a box with this many interfaces, ens5 on, in subnets of their own.")
    var nics: Int?
    @Option(help: "Put this many hosts behind such a box; as many as interfaces by itself.")
    var hosts: Int?

    func validate() throws {
        if let nics, !(1...20).contains(nics) { throw ValidationError("--nics is in 1...20") }
        if let hosts, !(1...200).contains(hosts) { throw ValidationError("--hosts is in 1...200") }
    }

    /// The lab of that size; the scenario where none is asked for.
    var topology: Topology {
        nics == nil && hosts == nil ? .scenario : .subnets(nics ?? 2, hosts: hosts)
    }
}
