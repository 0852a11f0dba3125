public import NATModel

/// What Azure's metadata service answers.
///
/// Source: "Azure Instance Metadata Service", Microsoft's documentation of virtual machines.
public enum AzureReply {
    /// An interface, and the addresses it has inside.
    public struct Interface: Hashable, Sendable {
        /// What is told of it.
        public var told: CloudInterface
        /// Its own addresses, by which a load balancer names it.
        public var privateAddresses: [IPv4Address]
    }

    /// The interfaces of `/metadata/instance/network`.
    ///
    /// A public address of the standard kind stands there as an empty text.
    public static func network(_ bytes: [UInt8]) throws(ParseError) -> [Interface] {
        var interfaces: [Interface] = []
        for entry in try JSONValue.parse(bytes).elements("interface") {
            let ipv4 = entry["ipv4"] ?? .null
            var interface = CloudInterface(mac: mac(try entry.need("macAddress")))
            var privates: [IPv4Address] = []
            for pair in try ipv4.elements("ipAddress") {
                let own = try pair.address("privateIpAddress")
                if let own { privates.append(own) }
                guard let address = try pair.address("publicIpAddress") else { continue }
                interface.publicAddresses.append(
                    PublicAddress(address, privateAddress: own, source: .azure))
            }
            if let subnet = try ipv4.elements("subnet").first {
                let text = "\(try subnet.need("address"))/\(try subnet.need("prefix"))"
                guard let prefix = IPv4Prefix(text) else {
                    throw ParseError("not a subnet", in: text)
                }
                interface.subnet = prefix
            }
            interfaces.append(Interface(told: interface, privateAddresses: privates))
        }
        return interfaces
    }

    /// The public addresses of `/metadata/loadbalancer`, each with the private one it stands for.
    ///
    /// What has no address of its own leaves by the frontend of its outbound rules; where there are
    /// several of them Azure takes any, and so none is told.
    public static func loadBalancer(_ bytes: [UInt8]) throws(ParseError) -> [PublicAddress] {
        let balancer = try JSONValue.parse(bytes)["loadbalancer"] ?? .null
        var addresses: [PublicAddress] = []
        for pair in try balancer.elements("publicIpAddresses") {
            guard let address = try pair.addressOfEither("frontendIpAddress") else { continue }
            addresses.append(
                PublicAddress(
                    address, privateAddress: try pair.addressOfEither("privateIpAddress"),
                    source: .azureLoadBalancer))
        }
        var frontends: [IPv4Address: Set<IPv4Address>] = [:]
        for rule in try balancer.elements("outboundRules") {
            guard let address = try rule.addressOfEither("frontendIpAddress"),
                let own = try rule.addressOfEither("privateIpAddress")
            else { continue }
            frontends[own, default: []].insert(address)
        }
        let known = Set(addresses.compactMap(\.privateAddress))
        for (own, frontends) in frontends.sorted(by: { $0.key < $1.key })
        where frontends.count == 1 && !known.contains(own) {
            addresses += frontends.map {
                PublicAddress($0, privateAddress: own, source: .azureLoadBalancer)
            }
        }
        return addresses
    }

    /// `000D3A123456` as the kernel writes it: `00:0d:3a:12:34:56`.
    private static func mac(_ text: String) -> String {
        let digits = text.lowercased().filter(\.isHexDigit)
        guard digits.count == 12, !text.contains(":") else { return text.lowercased() }
        return stride(from: 0, to: 12, by: 2).map { place in
            String(digits.dropFirst(place).prefix(2))
        }.joined(separator: ":")
    }
}
