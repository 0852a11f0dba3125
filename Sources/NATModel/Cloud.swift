/// A cloud that tells its machines their public addresses.
public enum Cloud: String, Hashable, Codable, Sendable, CaseIterable {
    /// Amazon Web Services.
    case aws
    /// Microsoft Azure.
    case azure
    /// Google Cloud.
    case google
}
