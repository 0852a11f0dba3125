import Dispatch
public import NATModel
import NATParse

/// The instance metadata service of AWS, version 2: a token first, then the facts.
///
/// Source: "Access instance metadata for an EC2 instance", AWS documentation.
public struct AWSMetadata: MetadataSource {
    private let address: String
    private let port: Int
    private let budget: Duration

    /// The service at its link-local address; all its answers together may take `budget`.
    public init(
        address: String = "169.254.169.254", port: Int = 80, budget: Duration = .seconds(1)
    ) {
        self.address = address
        self.port = port
        self.budget = budget
    }

    /// What the service tells of each interface; one it does not know is left out.
    public func interfaces(macs: [String]) async throws(ReadFailure) -> [CloudInterface] {
        let http = MetadataHTTP(address: address, port: port, budget: budget)
        let reading: Reading<[CloudInterface]> = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                // A thread of its own: those of Swift's pool must not block.
                DispatchQueue.global().async {
                    continuation.resume(returning: self.ask(macs, http))
                }
            }
        } onCancel: {
            http.cancel()
        }
        switch reading {
        case .value(let interfaces): return interfaces
        case .failed(let failure): throw failure
        }
    }

    private func ask(_ macs: [String], _ http: MetadataHTTP) -> Reading<[CloudInterface]> {
        do {
            let connection = MetadataConnection(http)
            let reply = try connection.request(
                "PUT", "/latest/api/token",
                headers: ["X-aws-ec2-metadata-token-ttl-seconds": "60"])
            guard reply.status == 200 else {
                throw MetadataHTTP.Failure(
                    description: "the service refuses a token with status \(reply.status)")
            }
            let visit = Visit(connection: connection, token: reply.body.strippedOfControls)
            let known = try visit.macs
            return .value(try macs.filter(known.contains).sorted().map { try visit.interface($0) })
        } catch {
            return .failed(
                ReadFailure(
                    "cloud metadata at \(address)",
                    "\(error)".strippedOfControls + ": public addresses are unknown"))
        }
    }
}

/// Requests with one token.
private struct Visit {
    let connection: MetadataConnection
    let token: String

    private static let base = "/latest/meta-data/network/interfaces/macs/"

    /// The interfaces the service knows, each on a line that ends in a slash.
    var macs: Set<String> {
        get throws {
            Set(
                (try lines(Self.base) ?? []).map { line in
                    (line.hasSuffix("/") ? line.dropLast() : line[...]).lowercased()
                })
        }
    }

    func interface(_ mac: String) throws -> CloudInterface {
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
            vpcNetworks: vpc.compactMap { IPv4Prefix($0) })
    }

    /// The lines of a fact; `nil` where the service has none (404).
    private func lines(_ path: String) throws -> [String]? {
        let reply = try connection.request(
            "GET", path, headers: ["X-aws-ec2-metadata-token": token])
        switch reply.status {
        case 200:
            return reply.body.split(whereSeparator: \.isNewline).map {
                String($0).strippedOfControls
            }
        case 404: return nil
        default:
            throw MetadataHTTP.Failure(
                description: "\(path) answers with status \(reply.status)")
        }
    }
}
