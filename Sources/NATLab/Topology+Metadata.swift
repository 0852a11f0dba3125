import NATModel

extension Topology {
    /// What the cloud tells the NAT box about itself, by the path in the tree of documents.
    var metadataDocuments: [String: String] {
        switch cloud {
        case .aws: awsDocuments
        case .azure: azureDocuments
        case .google: googleDocuments
        }
    }

    /// What AWS would tell, by the path below `/latest/`.
    private var awsDocuments: [String: String] {
        var documents = [
            "meta-data/instance-id": "i-0123456789abcdef0",
            "meta-data/placement/region": "us-east-1",
        ]
        for (number, interface) in interfaces.enumerated() {
            let base = "meta-data/network/interfaces/macs/\(interface.mac)"
            for (name, text) in self.documents(of: interface, number: number) {
                documents["\(base)/\(name)"] = text
            }
        }
        if let first = interfaces.first {
            documents["meta-data/mac"] = first.mac
            documents["meta-data/local-ipv4"] = first.addresses.first?.privateAddress.description
            documents["meta-data/public-ipv4"] = first.addresses.first?.publicAddress?.description
        }
        return documents
    }

    private func documents(of interface: LabInterface, number: Int) -> [String: String] {
        let associated = interface.addresses.filter { $0.publicAddress != nil }
        var documents = [
            "mac": interface.mac,
            "device-number": "\(number)",
            "interface-id": "eni-\(interface.mac.split(separator: ":").joined())",
            "local-ipv4s": Self.lines(interface.addresses.map(\.privateAddress)),
            "vpc-ipv4-cidr-blocks": vpcNetworks.map(Self.block).joined(separator: "\n"),
        ]
        documents["subnet-ipv4-cidr-block"] = interface.subnet.map(Self.block)
        documents["vpc-ipv4-cidr-block"] = vpcNetworks.first.map(Self.block)
        // An interface without a public address has neither document.
        guard !associated.isEmpty else { return documents }
        documents["public-ipv4s"] = Self.lines(associated.compactMap(\.publicAddress))
        for address in associated {
            guard let publicAddress = address.publicAddress else { continue }
            documents["ipv4-associations/\(publicAddress)"] = "\(address.privateAddress)"
        }
        return documents
    }

    private static func lines(_ addresses: [IPv4Address]) -> String {
        addresses.map(\.description).joined(separator: "\n")
    }

    /// A network with its length always shown.
    private static func block(_ network: IPv4Prefix) -> String {
        "\(network.network)/\(network.length)"
    }
}
