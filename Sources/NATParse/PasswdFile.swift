/// The users of the box. Source: `/etc/passwd`, see passwd(5).
public enum PasswdFile {
    /// The login of a user by number; `nil` where the file has none, as of users that a directory
    /// server knows.
    public static func login(of user: UInt32, in file: [UInt8]) -> String? {
        for line in file.split(separator: UInt8(ascii: "\n")) {
            let fields = line.split(
                separator: UInt8(ascii: ":"), maxSplits: 3, omittingEmptySubsequences: false)
            guard fields.count == 4, !fields[0].isEmpty,
                UInt32(String(decoding: fields[2], as: UTF8.self)) == user
            else { continue }
            return String(decoding: fields[0], as: UTF8.self)
        }
        return nil
    }
}
