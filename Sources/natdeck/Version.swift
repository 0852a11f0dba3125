/// Which natdeck this is.
enum Version {
    /// As `natdeck --version` prints it.
    static let text = "natdeck 0.4.0"
}
