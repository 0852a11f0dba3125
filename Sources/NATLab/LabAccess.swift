import Glibc

/// Whether this process may build labs.
package enum LabAccess {
    /// Why it may not; `nil` where it may.
    package static var complaint: LabError? {
        if geteuid() != 0 {
            return LabError(
                "lab", "making network namespaces needs root",
                fix: "run it as root; natdeck demo works without", status: 77)
        }
        if access("/run", W_OK) != 0 {
            return LabError("/run", SmallFile.errorText, status: 77)
        }
        return nil
    }

    static func check() throws(LabError) {
        if let complaint { throw complaint }
    }
}
