public import NATModel

/// A small file of this user's own, which nobody else can have written or can be made to read.
///
/// So under sudo, where HOME may be somebody else's, nothing is read from there or left there.
public struct PrivateFile: Sendable {
    private let file: TrustedFile

    /// Its absolute path.
    public var path: String { file.path }

    /// A file at this absolute path.
    public init(_ path: String) { file = TrustedFile(path, .thisUser) }

    /// The file of this name where programs keep their state; a refusal where there is no such
    /// place.
    ///
    /// Source: XDG Base Directory Specification: `$XDG_STATE_HOME`, an absolute path, or else
    /// `$HOME/.local/state`.
    ///
    /// - Parameter variable: the environment.
    public static func inState(
        _ name: String, _ variable: (String) -> String?
    ) throws(ReadFailure) -> PrivateFile {
        if let folder = variable("XDG_STATE_HOME"), folder.hasPrefix("/") {
            return PrivateFile("\(folder)/natdeck/\(name)")
        }
        guard let home = variable("HOME"), home.hasPrefix("/") else {
            throw ReadFailure("HOME", "not set")
        }
        return PrivateFile("\(home)/.local/state/natdeck/\(name)")
    }

    /// The most bytes such a file may hold.
    private static let mostBytes = 65_536

    /// The whole of it; `nil` where there is none.
    public func read() throws(ReadFailure) -> [UInt8]? { try file.read(limit: Self.mostBytes) }

    /// Replaces it as a whole, or leaves it as it was; the folders it lacks are made for this user
    /// alone.
    public func write(_ contents: String) throws(ReadFailure) {
        try file.write(contents, mode: 0o600)
    }
}
