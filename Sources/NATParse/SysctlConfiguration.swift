public import NATModel

/// A file of kernel parameters that are set at boot. See sysctl.d(5) and sysctl.conf(5).
public enum SysctlConfiguration {
    /// The directories, the one that wins first.
    public static let directories = [
        "/etc/sysctl.d", "/run/sysctl.d", "/usr/local/lib/sysctl.d", "/usr/lib/sysctl.d",
    ]

    /// The file of old, which sysctl(8) reads last.
    public static let mainPath = "/etc/sysctl.conf"

    /// The assignments of a file, in order.
    ///
    /// A line that is none is passed over, as the programs that read the file do: it is not ours.
    public static func entries(of contents: String, path: String) -> [SavedParameters.Entry] {
        contents.split(whereSeparator: \.isNewline).compactMap { line in
            let text = String(line).strippedOfControls
            guard let first = text.first, first != "#", first != ";" else { return nil }
            let parts = text.split(
                separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            var name = String(parts[0]).strippedOfControls
            // A minus before the name: its failure is no matter, or, without a value, no pattern
            // applies to it.
            let isOptional = name.hasPrefix("-")
            if isOptional { name = String(name.dropFirst()).strippedOfControls }
            guard !name.isEmpty, parts.count == 2 || isOptional else { return nil }
            return SavedParameters.Entry(
                pattern: dotted(name),
                value: parts.count == 2 ? String(parts[1]).strippedOfControls : nil, path: path)
        }
    }

    /// A name with dots throughout, whichever separator it is written with.
    private static func dotted(_ name: String) -> String {
        String(name.map { $0 == "/" ? "." : $0 })
    }
}
