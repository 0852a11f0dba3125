public import NATModel

/// An instance of EC2, as far as natdeck wants to know it.
public struct CloudInstance: Hashable, Sendable {
    /// Its number.
    public var number: String
    /// Its private addresses, over all its interfaces; empty where it has none yet or any more.
    public var addresses: [IPv4Address]
    /// Its state, such as `running`.
    public var state: String
    /// Its VPC; `nil` for none.
    public var vpc: String?
    /// Its tags.
    public var tags: [String: String]

    /// Whether it is stopped, or about to be, and can come back.
    public var isStopped: Bool { state == "stopped" || state == "stopping" }
    /// Whether it will never come back.
    public var isGone: Bool { state == "terminated" || state == "shutting-down" }
}

/// What `aws ec2 describe-instances` answers to natdeck's own query.
public enum InstancesReply {
    /// The query: of each instance the little that is asked for. Source: JMESPath.
    public static let query =
        "Reservations[].Instances[].{i:InstanceId,s:State.Name,v:VpcId,t:Tags,a:PrivateIpAddress,"
        + "n:NetworkInterfaces[].PrivateIpAddresses[].PrivateIpAddress}"

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
                    vpc: try entry.text("v"), tags: tags))
        }
        return instances
    }
}
