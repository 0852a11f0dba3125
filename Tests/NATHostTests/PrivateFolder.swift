import Foundation
import NATHost
import Testing

/// A folder that goes with the test.
final class PrivateFolder {
    let path: String

    static var home: String? { getpwuid(geteuid()).map { String(cString: $0.pointee.pw_dir) } }

    /// Whether there is a home that natdeck would trust.
    static var isPossible: Bool {
        guard let home else { return false }
        do {
            _ = try PrivateFile("\(home)/.natdeck-no-such-folder/file").read()
            return access(home, W_OK) == 0
        } catch { return false }
    }

    init() throws {
        let home = try #require(Self.home)
        var template = Array("\(home)/natdeck-test-XXXXXX".utf8CString)
        try #require(mkdtemp(&template) != nil)
        path = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }

    func mode(_ place: String) -> mode_t {
        var status = stat()
        lstat(place.isEmpty ? path : "\(path)/\(place)", &status)
        return status.st_mode & 0o7777
    }
}
