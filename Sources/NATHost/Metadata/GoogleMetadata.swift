import NATModel
import NATParse

/// The metadata server of Google Cloud.
///
/// Source: "About VM metadata", Google's documentation of Compute Engine.
struct GoogleMetadata {
    let connection: MetadataConnection

    private static let path = "/computeMetadata/v1/instance/network-interfaces/?recursive=true"
    private static let field = "Metadata-Flavor"

    /// What it tells of all interfaces.
    func interfaces() throws -> [CloudInterface] {
        let reply = try connection.request("GET", Self.path, headers: [Self.field: "Google"])
        let document = try reply.document(Self.path)
        // The server marks its answers so, that nobody else is taken for it.
        guard reply.fields[Self.field.lowercased()] == "google" else {
            throw MetadataHTTP.Failure(
                description: "the answer is not marked as one of Google's metadata server")
        }
        return try GoogleReply.interfaces(document)
    }
}
