import NATDashboard
import NATHost
import NATModel
import NATScreen

#if canImport(Glibc)
    import Glibc
#endif

/// The settings between two sessions: `natdeck/settings` where this user's programs keep their state.
///
/// What cannot be read is forgotten, and the help says why. A file that is not understood is left as
/// it is, because it is somebody's.
struct RememberedSettings {
    /// What was remembered.
    let stored: Settings
    /// Where it is, or why it is nowhere, in one sentence for the help.
    let note: String
    private let file: PrivateFile?

    /// Reads what was remembered.
    init() {
        do throws(ReadFailure) {
            let file = try PrivateFile.inState("settings") { name in
                getenv(name).map { String(cString: $0) }
            }
            let text = String(decoding: try file.read() ?? [], as: UTF8.self)
            stored = try Self.parse(text, of: file)
            note =
                "filter, order, units, names, interval, theme and mouse are remembered in \(file.path)"
            self.file = file
        } catch {
            stored = Settings()
            note = "settings are not remembered: \(error)"
            file = nil
        }
    }

    private static func parse(
        _ text: String, of file: PrivateFile
    ) throws(ReadFailure) -> Settings {
        do throws(Settings.NotUnderstood) {
            return try Settings(text: text)
        } catch {
            throw ReadFailure("\(file.path):\(error.line)", "not understood, and left as it is")
        }
    }

    /// Remembers what was changed since `start`.
    ///
    /// - Returns: why that failed; `nil` where nothing is to be told.
    func save(_ settings: Settings, since start: Settings) -> ReadFailure? {
        let new = settings.changed(since: start, over: stored)
        guard let file, new != stored else { return nil }
        do throws(ReadFailure) {
            try file.write(new.text)
            return nil
        } catch {
            return error
        }
    }
}
