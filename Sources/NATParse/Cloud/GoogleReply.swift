public import NATModel

/// What Google's metadata server answers.
///
/// Source: "About VM metadata", Google's documentation of Compute Engine.
public enum GoogleReply {
    /// The interfaces of `/computeMetadata/v1/instance/network-interfaces/?recursive=true`.
    public static func interfaces(_ bytes: [UInt8]) throws(ParseError) -> [CloudInterface] {
        var interfaces: [CloudInterface] = []
        for entry in try JSONValue.parse(bytes).elements() {
            let own = try entry.address("ip")
            var interface = CloudInterface(mac: try entry.need("mac").lowercased())
            for access in try entry.elements("accessConfigs") {
                guard let address = try access.addressOfEither("externalIp") else { continue }
                interface.publicAddresses.append(
                    PublicAddress(address, privateAddress: own, source: .google))
            }
            if let own, let mask = try entry.address("subnetmask") {
                let length = (~mask.rawValue).leadingZeroBitCount
                guard mask.rawValue == ~UInt32(0) << UInt32(32 - length) else {
                    throw ParseError("not a mask", in: mask.description)
                }
                interface.subnet = IPv4Prefix(own, length: length)
            }
            interfaces.append(interface)
        }
        return interfaces
    }
}
