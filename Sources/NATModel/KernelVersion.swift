/// The version of the kernel, as far as what it can do hangs on it.
///
/// Source: `/proc/sys/kernel/osrelease`.
public struct KernelVersion: Hashable, Comparable, Codable, Sendable {
    /// The first number.
    public var major: Int
    /// The second one.
    public var minor: Int

    /// The version of these two numbers.
    public init(_ major: Int, _ minor: Int) {
        (self.major, self.minor) = (major, minor)
    }

    /// Reads what the kernel says of itself, such as `6.1.0-18-cloud-amd64`; `nil` where that begins
    /// with no two numbers.
    public init?(release: String) {
        let parts = release.split(separator: ".", maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count > 1, let major = Int(parts[0]),
            let minor = Int(parts[1].prefix { $0.isASCII && $0.isNumber }), major >= 0
        else { return nil }
        self.init(major, minor)
    }

    /// The earlier one is the smaller one.
    public static func < (one: KernelVersion, other: KernelVersion) -> Bool {
        (one.major, one.minor) < (other.major, other.minor)
    }
}
