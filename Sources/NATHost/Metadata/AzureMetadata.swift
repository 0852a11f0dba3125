import NATModel
import NATParse

/// The instance metadata service of Azure.
///
/// Source: "Azure Instance Metadata Service" and "Retrieve load balancer metadata", Microsoft.
struct AzureMetadata {
    let connection: MetadataConnection

    private static let network = "/metadata/instance/network?api-version=2021-02-01"
    private static let balancer = "/metadata/loadbalancer?api-version=2020-10-01"

    /// What it tells of all interfaces.
    ///
    /// The service leaves out public addresses of the standard kind, which its document of the load
    /// balancer has.
    func interfaces() throws -> [CloudInterface] {
        let reply = try ask(Self.network)
        var interfaces = try AzureReply.network(try reply.document(Self.network))
        let known = Set(interfaces.flatMap(\.told.publicAddresses).compactMap(\.privateAddress))
        guard interfaces.contains(where: { !known.isSuperset(of: $0.privateAddresses) }) else {
            return interfaces.map(\.told)
        }
        for address in try balanced() {
            guard let own = address.privateAddress, !known.contains(own),
                let place = interfaces.firstIndex(where: { $0.privateAddresses.contains(own) })
            else { continue }
            interfaces[place].told.publicAddresses.append(address)
        }
        return interfaces.map(\.told)
    }

    /// The addresses of the load balancer; none where it has no such machine (404).
    private func balanced() throws -> [PublicAddress] {
        let reply = try ask(Self.balancer)
        if reply.status == 404 { return [] }
        return try AzureReply.loadBalancer(try reply.document(Self.balancer))
    }

    private func ask(_ path: String) throws(MetadataHTTP.Failure) -> HTTPReply {
        try connection.request("GET", path, headers: ["Metadata": "true"])
    }
}
