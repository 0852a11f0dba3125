import CHost
import NATHost
import NATModel

/// The NAT box's own files, so that what runs there changes nothing of the machine's.
///
/// One mount namespace per lab: /etc and /var/lib are the machine's with a layer of the
/// box's own on top, in which natdeck's own folders are empty, /run and /var/log begin empty, /sys is the box's. Without the machine's /run
/// there is no way to its systemd either, which would start things outside the lab.
///
/// A process keeps the namespace alive. The kernel could pin it by a file instead, but refuses
/// that where the number of a new namespace is not higher than that of its maker, and since
/// Linux 6.18 the numbers are given out per processor.
struct BoxFiles: Sendable {
    let state: LabState
    private let tools = LabTools()

    init(state: LabState) {
        self.state = state
    }

    /// Folders that natdeck writes into. They are the box's own from the start: inside a user
    /// namespace the machine's belong to somebody who does not exist there.
    private static let foldersOfServices = [
        "etc/sysctl.d", "etc/systemd/system", "etc/systemd/networkd.conf.d", "etc/natdeck",
    ]

    /// The names of the lab's machines for the NAT box, which asks no DNS for them.
    private static func hosts(_ topology: Topology) -> String {
        let lines = topology.hosts.map { "\($0.address) \($0.name)" }
        return (["127.0.0.1 localhost"] + lines + [""]).joined(separator: "\n")
    }

    /// Mounts the box's own files, in the mount namespace that the keeper is in.
    func create(_ topology: Topology) async throws(LabError) {
        for name in ["etc-work", "lib/natdeck", "lib-work", "run/lock", "run/cloud-init", "log"]
            + Self.foldersOfServices
        {
            try SmallFile.makeDirectory(state.boxDirectory(name))
        }
        try SmallFile.write(Self.hosts(topology), to: state.boxDirectory("etc/hosts"))
        try SmallFile.write(
            topology.cloudID + "\n", to: state.boxDirectory("run/cloud-init/cloud-id"))
        try await mount("-t", "sysfs", "sysfs", "/sys")
        try hideMachines("etc/natdeck")
        try hideMachines("lib/natdeck")
        try await cover("/etc", by: "etc")
        try await cover("/var/lib", by: "lib")
        try await mount("--bind", state.boxDirectory("log"), "/var/log")
        // Last, since it hides the state directory.
        try await mount("--bind", state.boxDirectory("run"), "/run")
    }

    /// Makes a folder of the box hide that of the machine instead of adding to it.
    ///
    /// Source: "Whiteouts and opaque directories" in the kernel's overlayfs document.
    private func hideMachines(_ name: String) throws(LabError) {
        let folder = state.boxDirectory(name)
        // The trusted attributes that overlayfs prefers are refused inside a user namespace.
        let attribute = (UserNamespace.isInside ? "user" : "trusted") + ".overlay.opaque"
        guard nd_set_attribute(folder, attribute, "y") == 0 else {
            throw LabError(folder, SmallFile.errorText)
        }
    }

    /// Puts a layer of the box's own over a folder of the machine.
    private func cover(_ folder: String, by name: String) async throws(LabError) {
        var layers = [
            "lowerdir=\(folder)", "upperdir=\(state.boxDirectory(name))",
            "workdir=\(state.boxDirectory("\(name)-work"))",
        ]
        if UserNamespace.isInside { layers.append("userxattr") }
        try await mount("-t", "overlay", "-o", layers.joined(separator: ","), "overlay", folder)
    }

    private func mount(_ words: String...) async throws(LabError) {
        let entrance = try Entrance(state: state, machine: Topology.box)
        try await tools.require(entrance.wrap(Command(["mount"] + words)))
    }
}
