public import NATModel
public import NATPlan

/// The systemd unit that runs the guard.
///
/// Source: systemd.service(5), systemd.exec(5).
public struct ServiceUnit: Sendable {
    /// The unit's file.
    public static let path = "/etc/systemd/system/natdeck.service"
    /// The unit's name.
    public static let name = "natdeck.service"

    private let runner: any CommandRunner
    private let files: any HostFiles
    private let executable: String
    private let options: [String]

    /// The unit on the box that these see, for this program.
    ///
    /// - Parameter options: what `natdeck guard` is started with, such as `--refresh 10`.
    public init(
        runner: any CommandRunner, files: any HostFiles, executable: String,
        guarding options: [String] = []
    ) {
        self.options = options
        self.runner = runner
        self.files = files
        self.executable = executable
    }

    /// The unit on the real box.
    public static func system(guarding options: [String] = []) -> ServiceUnit {
        ServiceUnit(
            runner: SystemRunner(), files: SystemFiles(), executable: SystemFiles.ownProgram,
            guarding: options)
    }

    /// The unit as text.
    ///
    /// It is there before the network, and after what loads rules of its own at boot: by the time a
    /// link comes up every kept host is closed. Without the usual dependencies, for cloud-init has
    /// them wait for the network. Where the file systems are made read-only all that natdeck writes is
    /// named. Of a process of somebody else's the sockets are told to CAP_SYS_PTRACE alone: those of
    /// sshd tell where sessions come from. With CAP_SYS_NICE who changes something is asked before they
    /// can end.
    public var contents: String {
        """
        # Written by natdeck service install; natdeck service remove takes it away.
        [Unit]
        Description=Keeps the assignments of hosts to egress interfaces
        Documentation=man:ip-rule(8)
        DefaultDependencies=no
        After=local-fs.target systemd-tmpfiles-setup.service systemd-sysctl.service
        After=netfilter-persistent.service iptables.service nftables.service
        Before=network-pre.target shutdown.target
        Wants=network-pre.target
        Conflicts=shutdown.target
        StartLimitIntervalSec=0

        [Service]
        Type=notify
        ExecStart=\((["\"\(escaped)\"", "guard"] + options).joined(separator: " "))
        TimeoutStartSec=30
        WatchdogSec=60
        Restart=always
        RestartSec=1
        KillMode=mixed
        RuntimeDirectory=natdeck
        RuntimeDirectoryMode=0755
        RuntimeDirectoryPreserve=yes
        LogsDirectory=natdeck
        ConfigurationDirectory=natdeck
        CapabilityBoundingSet=CAP_NET_ADMIN CAP_NET_RAW CAP_SYS_MODULE CAP_DAC_READ_SEARCH
        CapabilityBoundingSet=CAP_SYS_PTRACE CAP_SYS_NICE
        NoNewPrivileges=yes
        ProtectSystem=full
        ReadWritePaths=-/etc/natdeck -/etc/sysctl.d
        ProtectHome=read-only
        PrivateTmp=yes
        ProtectClock=yes
        ProtectControlGroups=yes
        ProtectHostname=yes
        ProtectKernelLogs=yes
        LockPersonality=yes
        MemoryDenyWriteExecute=yes
        RestrictSUIDSGID=yes
        RestrictNamespaces=yes
        RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK
        SystemCallArchitectures=native
        UMask=0022

        [Install]
        WantedBy=multi-user.target

        """
    }

    /// Quotes, backslashes, and what systemd would expand.
    private var escaped: String {
        var text = ""
        for character in executable {
            switch character {
            case "\\", "\"": text += "\\\(character)"
            case "%": text += "%%"
            case "$": text += "$$"
            default: text.append(character)
            }
        }
        return text
    }

    /// Whether systemd runs this box.
    public var isSystemdRunning: Bool { files.isSystemdRunning }

    /// Why the program is not one to run as root at every boot; `nil` where it is.
    public var untrustedProgram: ReadFailure? {
        // Without links: systemd runs whatever stands where they lead.
        let path = SystemFiles.realPath(executable) ?? executable
        do throws(ReadFailure) {
            return try TrustedFile(path, .root).exists()
                ? nil : ReadFailure(path, "there is no such program")
        } catch {
            return ReadFailure(error.object, error.reason, fix: error.fix)
        }
    }

    /// The steps that install the unit, in the form of every other change.
    public func install() -> [InstallationStep] {
        // One that cannot be read is written anew, and what is in the way of that is told then.
        let present = (try? files.read(Self.path)) ?? nil
        let former = present.map { String(decoding: $0, as: UTF8.self) }
        let write =
            former == contents
            ? [] : [InstallationStep("write the unit", .write(path: Self.path, contents: contents))]
        guard isSystemdRunning else { return write }
        return write + [
            Self.systemctl("make systemd read it", "daemon-reload"),
            Self.systemctl("run it at every boot", "enable", Self.name),
            // An older guard goes on with the older program.
            Self.systemctl("run it now", "restart", Self.name),
        ]
    }

    /// The steps that take the unit away; none where it is not installed.
    ///
    /// - Throws: where that cannot be told.
    public func remove() throws(ReadFailure) -> [InstallationStep] {
        guard try files.read(Self.path) != nil else { return [] }
        let stop = Self.systemctl("stop it, now and at boot", "disable", "--now", Self.name)
        let file = InstallationStep("remove the unit", .remove(path: Self.path))
        guard isSystemdRunning else { return [file] }
        return [stop, file, Self.systemctl("make systemd forget it", "daemon-reload")]
    }

    /// Takes the steps one after the other.
    ///
    /// - Returns: the step that failed, and why; `nil` where all were taken.
    public func take(_ wanted: [InstallationStep]) async -> Outcome.Failure? {
        for step in wanted {
            if let reason = await step.perform(by: runner, on: files) {
                return .init(step.action.description, reason)
            }
        }
        return nil
    }

    private static func systemctl(_ summary: String, _ words: String...) -> InstallationStep {
        InstallationStep(summary, .run(Command(["systemctl"] + words)))
    }
}
