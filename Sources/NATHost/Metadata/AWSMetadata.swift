import NATModel
import NATParse

/// The instance metadata service of AWS, version 2: a token first, then the facts.
///
/// Source: "Access instance metadata for an EC2 instance", AWS documentation.
struct AWSMetadata {
    private let connection: MetadataConnection
    private let token: String

    private static let base = "/latest/meta-data/network/interfaces/macs/"

    /// The service, with a token for all requests.
    init(over connection: MetadataConnection) throws {
        let reply = try connection.request(
            "PUT", "/latest/api/token", headers: ["X-aws-ec2-metadata-token-ttl-seconds": "60"])
        guard reply.status == 200 else {
            throw MetadataHTTP.Failure(
                description: "the service refuses a token with status \(reply.status)")
        }
        self.connection = connection
        token = reply.body.strippedOfControls
    }

    /// What it tells of these interfaces, as far as it knows them.
    func interfaces(_ macs: [String]) throws -> [CloudInterface] {
        let known = try known
        let wanted = macs.filter(known.contains)
        let region = wanted.isEmpty ? nil : try lines("/latest/meta-data/placement/region")?.first
        return try wanted.map { try interface($0, region: region) }
    }

    /// The interfaces the service knows, each on a line that ends in a slash.
    private var known: Set<String> {
        get throws {
            Set(
                (try lines(Self.base) ?? []).map { line in
                    (line.hasSuffix("/") ? line.dropLast() : line[...]).lowercased()
                })
        }
    }

    private func interface(_ mac: String, region: String?) throws -> CloudInterface {
        let base = Self.base + mac
        let subnet = try lines("\(base)/subnet-ipv4-cidr-block")
        let vpc = try lines("\(base)/vpc-ipv4-cidr-blocks") ?? []
        let publics = try lines("\(base)/public-ipv4s") ?? []
        return CloudInterface(
            mac: mac,
            publicAddresses: try publics.map { text in
                guard let address = IPv4Address(text) else {
                    throw ParseError("public-ipv4s of \(mac) is not an address", in: text)
                }
                // A secondary address has a public one of its own; this tells which.
                let privates = try lines("\(base)/ipv4-associations/\(address)") ?? []
                return PublicAddress(
                    address, privateAddress: privates.first.flatMap { IPv4Address($0) },
                    source: .metadata)
            },
            subnet: subnet?.first.flatMap { IPv4Prefix($0) },
            vpcNetworks: vpc.compactMap { IPv4Prefix($0) },
            aws: try lines("\(base)/interface-id")?.first.map { id in
                AWSInterface(
                    id: id, subnet: try lines("\(base)/subnet-id")?.first,
                    vpc: try lines("\(base)/vpc-id")?.first, region: region)
            })
    }

    /// The lines of a fact; `nil` where the service has none (404).
    private func lines(_ path: String) throws -> [String]? {
        let reply = try connection.request(
            "GET", path, headers: ["X-aws-ec2-metadata-token": token])
        if reply.status == 404 { return nil }
        _ = try reply.document(path)
        return reply.body.split(whereSeparator: \.isNewline).map { String($0).strippedOfControls }
    }
}
