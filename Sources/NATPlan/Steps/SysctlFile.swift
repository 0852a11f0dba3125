public import NATModel

/// natdeck's own file of kernel parameters, which also remembers what was there before.
///
/// Source: sysctl.d(5).
public struct SysctlFile: Hashable, Sendable {
    /// Where it is kept.
    public static let path = "/etc/sysctl.d/90-natdeck.conf"

    /// What each parameter is to be, by name.
    public var wanted: [String: Int]
    /// What each parameter was before natdeck changed it, by name.
    public var before: [String: Int]
    /// The networks `setup` gave MASQUERADE rules, which stay until `setup --remove`.
    public var sources: [IPv4Prefix]
    /// The bits of marks that were named for natdeck; `nil` where it may choose.
    public var markMask: UInt32?
    /// How sources are steered; `nil` where nobody has said it, which is by rules.
    public var steering: SteeringMethod?

    private static let maskMark = "# mark: "
    private static let sourceMark = "# masquerade: "
    private static let beforeMark = "# before: "

    /// A file of these values.
    public init(
        wanted: [String: Int] = [:], before: [String: Int] = [:],
        sources: [IPv4Prefix] = []
    ) {
        self.wanted = wanted
        self.before = before
        self.sources = sources
    }

    /// Whether `setup` has written these contents: the doctor writes the file too, for the sake of a
    /// single parameter.
    static func isOfSetup(_ contents: String?) -> Bool {
        contents.map { !SysctlFile(contents: $0).sources.isEmpty } ?? false
    }

    /// Reads the file; a line that is neither a value nor one of our remarks is passed over, as
    /// sysctl(8) passes over comments.
    public init(contents: String) {
        self.init()
        steering = SteeringMethod(keptIn: contents)
        for line in contents.split(separator: "\n") {
            if line.hasPrefix(Self.beforeMark) {
                let (name, value) = Self.pair(line.dropFirst(Self.beforeMark.count))
                before[name] = value
            } else if line.hasPrefix(Self.sourceMark) {
                if let source = IPv4Prefix(line.dropFirst(Self.sourceMark.count)) {
                    sources.append(source)
                }
            } else if line.hasPrefix(Self.maskMark) {
                markMask = PacketMark(String(line.dropFirst(Self.maskMark.count)))?.value
            } else if !line.hasPrefix("#"), !line.hasPrefix(";") {
                let (name, value) = Self.pair(line)
                wanted[name] = value
            }
        }
    }

    private static func pair(_ line: Substring) -> (String, Int?) {
        let parts = line.split(separator: "=", maxSplits: 1).map { part in
            String(part).strippedOfControls
        }
        let name = SysctlName(spelling: parts.first ?? "").dotted
        return (name, parts.count == 2 ? Int(parts[1]) : nil)
    }

    /// The file as text.
    public var contents: String {
        let head = [
            "# Kernel parameters for NAT, written by natdeck setup.",
            "# natdeck setup --remove puts the values before back and removes this file.",
        ]
        let remarks = before.sorted { $0.key < $1.key }.map {
            "\(Self.beforeMark)\(SysctlName(dotted: $0.key).spelling) = \($0.value)"
        }
        let values = wanted.sorted { $0.key < $1.key }.map {
            "\(SysctlName(dotted: $0.key).spelling) = \($0.value)"
        }
        let networks = sources.sorted().map { "\(Self.sourceMark)\($0)" }
        let mask = markMask.map { ["\(Self.maskMark)0x" + String($0, radix: 16)] } ?? []
        let method = steering.map { ["\(SteeringMethod.remark)\($0.rawValue)"] } ?? []
        return (head + mask + method + networks + remarks + values).joined(separator: "\n") + "\n"
    }
}

/// The steps that set kernel parameters.
enum SysctlSteps {
    /// Sets one parameter.
    static func set(_ name: String, to value: Int, from before: Int, _ summary: String) -> Step {
        Step(
            summary, .setParameter(name, value), inverse: .setParameter(name, before))
    }
}
