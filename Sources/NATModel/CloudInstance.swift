/// An instance of EC2, as far as natdeck wants to know it.
///
/// Source: `aws ec2 describe-instances`.
public struct CloudInstance: Hashable, Sendable {
    /// Its number, such as `i-0123456789abcdef0`.
    public var number: String
    /// Its private addresses, over all its interfaces; empty where it has none yet or any more.
    public var addresses: [IPv4Address]
    /// Its state, such as `running`.
    public var state: String
    /// Its VPC; `nil` for none.
    public var vpc: String?
    /// The subnet of its first interface; `nil` for none.
    public var subnet: String?
    /// Its tags.
    public var tags: [String: String]

    /// An instance of this number.
    public init(
        number: String, addresses: [IPv4Address], state: String, vpc: String? = nil,
        subnet: String? = nil, tags: [String: String] = [:]
    ) {
        self.number = number
        self.addresses = addresses
        self.state = state
        self.vpc = vpc
        self.subnet = subnet
        self.tags = tags
    }

    /// Whether it is stopped, or about to be, and can come back.
    public var isStopped: Bool { state == "stopped" || state == "stopping" }
    /// Whether it will never come back.
    public var isGone: Bool { state == "terminated" || state == "shutting-down" }
    /// Its tag `Name`; `nil` where it has none, or an empty one.
    public var label: String? { tags["Name"].flatMap { $0.isEmpty ? nil : $0 } }
}
