import Dispatch
public import NATModel
import NATParse

/// The metadata service of the cloud the box runs in, in that cloud's dialect.
///
/// Where the box does not say that it runs in one, nothing is sent: who else has the address is not
/// to be asked.
public struct CloudMetadata: MetadataSource {
    private let files: any HostFiles
    private let address: String
    private let port: Int
    private let budget: Duration

    /// The service at its link-local address; all its answers together may take `budget`.
    public init(
        files: any HostFiles, address: String = "169.254.169.254", port: Int = 80,
        budget: Duration = .seconds(1)
    ) {
        self.files = files
        self.address = address
        self.port = port
        self.budget = budget
    }

    /// What the service tells of each interface; one it does not know is left out.
    public func interfaces(macs: [String]) async throws(ReadFailure) -> [CloudInterface] {
        guard let cloud = try CloudEvidence(files: files).cloud() else { return [] }
        let http = MetadataHTTP(address: address, port: port, budget: budget)
        let reading: Reading<[CloudInterface]> = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                // A thread of its own: those of Swift's pool must not block.
                DispatchQueue.global().async {
                    continuation.resume(returning: self.ask(cloud, macs, http))
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

    private func ask(
        _ cloud: Cloud, _ macs: [String], _ http: MetadataHTTP
    ) -> Reading<[CloudInterface]> {
        let connection = MetadataConnection(http)
        do {
            let known =
                switch cloud {
                case .aws: try AWSMetadata(over: connection).interfaces(macs)
                case .azure: try AzureMetadata(connection: connection).interfaces()
                case .google: try GoogleMetadata(connection: connection).interfaces()
                }
            return .value(known.filter { macs.contains($0.mac) }.sorted { $0.mac < $1.mac })
        } catch {
            return .failed(
                ReadFailure(
                    "cloud metadata at \(address)",
                    "\(error)".strippedOfControls + ": public addresses are unknown",
                    fix: "tell them in \(ToldPublicAddress.path)"))
        }
    }
}

extension HTTPReply {
    /// The body of an answer with status 200.
    ///
    /// - Throws: what else came; a service of a cloud never sends its callers elsewhere, so nothing
    ///   is followed.
    func document(_ path: String) throws(MetadataHTTP.Failure) -> [UInt8] {
        guard status == 200 else {
            throw MetadataHTTP.Failure(description: "\(path) answers with status \(status)")
        }
        return Array(body.utf8)
    }
}
