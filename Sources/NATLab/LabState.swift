import Glibc
import NATHost
import NATModel

/// Where one lab keeps its files: a tmpfs of its own, gone with the lab.
struct LabState: Sendable {
    /// The lab's prefix.
    let prefix: String

    /// Holds the state directories of all labs.
    static let root = "/run/natdeck-lab"

    /// The mount point.
    var directory: String { "\(Self.root)/\(prefix)" }
    /// The names of all machines, one a line; written before the first one is made.
    var machinesFile: String { "\(directory)/machines" }
    /// The topology's fingerprint; written when the lab is complete.
    var completeFile: String { "\(directory)/complete" }
    /// What the metadata server serves.
    var metadataRoot: String { "\(directory)/metadata" }

    /// The NAT box's own version of a directory of the machine.
    func boxDirectory(_ name: String) -> String { "\(directory)/box/\(name)" }
    /// Holds the process id of a server that is ready.
    func readyFile(_ server: String) -> String { "\(directory)/\(server).pid" }
    /// Takes a server's messages.
    func log(_ server: String) -> String { "\(directory)/\(server).log" }
    /// The file that names the NAT box's mount namespace; `nil` where its keeper does not run.
    var boxMounts: String? {
        ServerProcess.running(self, LabServer.keeper.name(on: Topology.box))
            .map { "/proc/\($0)/ns/mnt" }
    }
    /// The network namespace of a machine.
    func namespace(_ machine: String) -> String { "\(prefix)-\(machine)" }
    /// The file that names the network namespace of a machine.
    func namespaceFile(_ machine: String) -> String { "/run/netns/\(namespace(machine))" }

    /// The lab's machines; `nil` where there is no such lab.
    var machines: [String]? {
        SmallFile.read(machinesFile)?.split(separator: "\n").map(String.init)
    }

    /// The fingerprint of the topology that stands; `nil` where none is complete.
    var complete: String? { SmallFile.read(completeFile) }

    /// Whether there is anything of this lab, be it from a crash.
    var exists: Bool { access(directory, F_OK) == 0 }

    /// Whether the tmpfs is mounted.
    ///
    /// Asked of the file system rather than of the list of mounts, which inside a user namespace
    /// also holds the machine's, hidden under another /run.
    var isMounted: Bool {
        var inside = stat()
        var outside = stat()
        return stat(directory, &inside) == 0 && stat(Self.root, &outside) == 0
            && inside.st_dev != outside.st_dev
    }

    /// Makes the directory.
    ///
    /// A tmpfs, because the NAT box's /etc needs extended attributes for its upper layer.
    func create(_ tools: LabTools) async throws(LabError) {
        try SmallFile.makeDirectory(directory)
        try await tools.require("mount", "-t", "tmpfs", "-o", "mode=0755", "natdeck-lab", directory)
    }

    /// Removes the directory with all that is in it.
    func remove(_ tools: LabTools) async throws(LabError) {
        while isMounted { try await tools.require("umount", "--lazy", directory) }
        guard rmdir(directory) == 0 || errno == ENOENT else {
            throw LabError(directory, SmallFile.errorText, fix: "rm -r \(directory)")
        }
    }
}
