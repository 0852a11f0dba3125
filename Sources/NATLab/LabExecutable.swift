import Glibc

/// Finds the `natdeck` program, which a lab's servers are run with.
package enum LabExecutable {
    /// This process's own program, or the one beside it where this is a test runner.
    ///
    /// - Parameter chosen: the program, where the caller knows better.
    package static func path(or chosen: String? = nil) throws(LabError) -> String {
        if let chosen { return chosen }
        guard let own = SmallFile.destination(of: "/proc/self/exe") else {
            throw LabError("/proc/self/exe", SmallFile.errorText)
        }
        if own.hasSuffix("/natdeck") { return own }
        let directory = own.lastIndex(of: "/").map { own[..<$0] } ?? ""
        let sibling = "\(directory)/natdeck"
        guard access(sibling, X_OK) == 0 else {
            throw LabError(
                sibling, "the lab's servers need the natdeck program, which is not there",
                fix: "swift build --product natdeck")
        }
        return sibling
    }
}
