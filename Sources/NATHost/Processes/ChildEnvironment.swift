#if canImport(Glibc)
    // Nothing here writes to `environ`.
    @preconcurrency import Glibc
#endif

/// Where children are looked for, and what they find in their environment.
///
/// Whoever may start natdeck as root need not be trusted with all that root can do: PATH, LD_PRELOAD
/// or IPTABLES_LIB_DIR would choose what is run. So as root both are fixed.
struct ChildEnvironment: Sendable {
    /// Where programs are looked for, in this order.
    let folders: [String]
    /// What every program is given but those that ask the cloud.
    let plain: [String: String]
    /// What those are given.
    let cloud: [String: String]

    /// The folders that only root writes to, in root's usual order.
    private static let rootsFolders = [
        "/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin",
    ]

    /// What the programs that ask the cloud need to know: who asks, where, and by which proxy. What
    /// names a file or a program to run is left out.
    private static let cloudNames: Set = [
        "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE",
        "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_EC2",
        "AWS_EC2_METADATA_SERVICE_ENDPOINT", "http_proxy", "https_proxy", "no_proxy", "HTTP_PROXY",
        "HTTPS_PROXY", "NO_PROXY",
    ]
    /// Nobody is at their terminal: what an operator has set for a person's sake is off.
    private static let forNobody = ["AWS_PAGER": "", "AWS_CLI_AUTO_PROMPT": "off"]
    private static let cloudPrograms: Set = ["aws", "curl"]

    /// - Parameter home: root's home, where `inherited` is not to be asked.
    init(isRoot: Bool, home: String, inherited: [String: String]) {
        guard !isRoot else {
            folders = Self.rootsFolders
            plain = ["LC_ALL": "C", "HOME": home, "PATH": folders.joined(separator: ":")]
            cloud = plain.merging(
                inherited.filter { Self.cloudNames.contains($0.key) },
                uniquingKeysWith: { own, _ in own }
            ).merging(Self.forNobody, uniquingKeysWith: { _, fixed in fixed })
            return
        }
        // Sudo and cron often leave some of these out.
        let own = (inherited["PATH"] ?? "").split(separator: ":").map(String.init)
            .filter { $0.hasPrefix("/") }
        folders = own + Self.rootsFolders.filter { !own.contains($0) }
        plain = inherited.merging(["LC_ALL": "C"], uniquingKeysWith: { _, fixed in fixed })
        cloud = plain.merging(Self.forNobody, uniquingKeysWith: { _, fixed in fixed })
    }

    /// That of this process's children.
    static func ofThisProcess() -> ChildEnvironment {
        ChildEnvironment(isRoot: geteuid() == 0, home: rootsHome, inherited: inherited)
    }

    /// Whether a program asks no cloud.
    func isPlain(for program: String) -> Bool { !Self.cloudPrograms.contains(program) }

    private static var rootsHome: String {
        var entry = passwd()
        var buffer = [CChar](repeating: 0, count: 4096)
        var found: UnsafeMutablePointer<passwd>?
        guard getpwuid_r(0, &entry, &buffer, buffer.count, &found) == 0, found != nil,
            let home = entry.pw_dir
        else { return "/root" }
        return String(cString: home)
    }

    /// Source: environ(7).
    private static var inherited: [String: String] {
        var variables: [String: String] = [:]
        var next = environ
        while let entry = next.pointee {
            let text = String(cString: entry)
            if let end = text.firstIndex(of: "=") {
                variables[String(text[..<end])] = String(text[text.index(after: end)...])
            }
            next += 1
        }
        return variables
    }
}
