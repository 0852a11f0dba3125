public import NATModel

/// What `aws ec2 describe-instances` answers to natdeck's own query.
public enum InstancesReply {
    /// The query: of each instance the little that is asked for. Source: JMESPath.
    public static let query =
        "Reservations[].Instances[].{i:InstanceId,s:State.Name,v:VpcId,b:SubnetId,t:Tags,"
        + "a:PrivateIpAddress,n:NetworkInterfaces[].PrivateIpAddresses[].PrivateIpAddress}"

    /// Reads the reply.
    public static func parse(_ bytes: [UInt8]) throws(ParseError) -> [CloudInstance] {
        var instances: [CloudInstance] = []
        for entry in try JSONValue.parse(bytes).elements() {
            var addresses: [IPv4Address] = []
            for element in try entry.elements("n") {
                guard case .text(let text) = element, let address = IPv4Address(text) else {
                    throw ParseError("an address that is none", in: "\(element)")
                }
                addresses.append(address)
            }
            if addresses.isEmpty, let only = try entry.address("a") { addresses = [only] }
            var tags: [String: String] = [:]
            for tag in try entry.elements("t") {
                tags[try tag.need("Key")] = try tag.text("Value") ?? ""
            }
            instances.append(
                CloudInstance(
                    number: try entry.need("i"), addresses: addresses, state: try entry.need("s"),
                    vpc: try entry.text("v"), subnet: try entry.text("b"), tags: tags))
        }
        return instances
    }
}
