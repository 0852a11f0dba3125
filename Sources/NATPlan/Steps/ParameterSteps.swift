import NATModel

/// The steps that set kernel parameters now and keep them across a reboot.
struct ParameterSteps {
    /// What each parameter will be; those that the kernel lacks are left out.
    private(set) var wanted: [String: Int]
    /// Sets those that differ.
    private(set) var steps: [Step] = []
    /// Writes natdeck's own file, where that changes.
    private(set) var file: [Step] = []

    /// - Parameters:
    ///   - sources: networks whose MASQUERADE stays, to be remembered in the file.
    ///   - markMask: bits of marks that were named, to be remembered in the file.
    ///   - steering: how sources are to be steered, to be remembered in the file.
    ///   - keepsOthers: whether what the file says of other parameters stays in it.
    init(
        _ wanted: [String: Int], sources: [IPv4Prefix] = [], keepsOthers: Bool = false,
        markMask: UInt32? = nil, steering: SteeringMethod? = nil, in box: Box
    ) throws(PlanRefusal) {
        if case .failed(let failure) = box.snapshot.sysctls {
            throw PlanRefusal(failure.object, failure.reason, fix: failure.fix)
        }
        var file = box.sysctlFile.map(SysctlFile.init(contents:)) ?? SysctlFile()
        self.wanted = wanted
        for (name, value) in wanted.sorted(by: { $0.key < $1.key }) {
            guard let present = box.snapshot.sysctl(name) else {
                self.wanted[name] = nil
                continue
            }
            if present != value {
                steps.append(SysctlSteps.set(name, to: value, from: present, Self.summary(name)))
                if file.before[name] == nil { file.before[name] = present }
            }
        }
        file.wanted =
            keepsOthers ? file.wanted.merging(self.wanted) { _, new in new } : self.wanted
        if let markMask { file.markMask = markMask }
        if let steering { file.steering = steering }
        file.sources = (file.sources + sources).uniqued().sorted()
        self.file = Self.fileSteps(file, in: box)
    }

    private static func fileSteps(_ file: SysctlFile, in box: Box) -> [Step] {
        guard file.contents != box.sysctlFile else { return [] }
        let inverse: Step.Action =
            box.sysctlFile.map { .write(path: SysctlFile.path, contents: $0) }
            ?? .remove(path: SysctlFile.path)
        return [
            Step(
                "keep the kernel parameters across a reboot",
                .write(path: SysctlFile.path, contents: file.contents), inverse: inverse)
        ]
    }

    private static func summary(_ name: String) -> String {
        let scope = SysctlName(dotted: name).scope ?? name
        if name.hasSuffix("ip_forward") { return "let the box forward packets" }
        if name.hasSuffix("send_redirects") { return "tell no host of another router (\(scope))" }
        if name.hasSuffix("nf_conntrack_acct") { return "count the bytes of every connection" }
        if name.hasSuffix("src_valid_mark") {
            return "look for the way back of a connection by its mark (\(scope))"
        }
        return "accept replies whose way in and way out differ (\(scope))"
    }
}
