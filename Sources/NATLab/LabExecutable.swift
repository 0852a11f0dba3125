import Glibc

/// Finds the programs that a lab runs.
package enum LabExecutable {
    /// `natdeck-lab`, which a lab's servers are run with: this process's own program, or the one
    /// beside it where this is a test runner.
    ///
    /// - Parameter chosen: the program, where the caller knows better.
    package static func path(or chosen: String? = nil) throws(LabError) -> String {
        if let chosen { return chosen }
        return try beside("natdeck-lab")
    }

    /// `natdeck`, which is shown in a lab.
    package static func natdeck() throws(LabError) -> String { try beside("natdeck") }

    private static func beside(_ name: String) throws(LabError) -> String {
        guard let own = SmallFile.destination(of: "/proc/self/exe") else {
            throw LabError("/proc/self/exe", SmallFile.errorText)
        }
        let folder = own.lastIndex(of: "/").map { own[...$0] } ?? ""
        let path = "\(folder)\(name)"
        guard access(path, X_OK) == 0 else {
            throw LabError(
                path, SmallFile.errorText, fix: "swift build makes natdeck and natdeck-lab")
        }
        return path
    }
}
