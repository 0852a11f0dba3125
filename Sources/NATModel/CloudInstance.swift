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
    /// Its tags, as they were given: they may hold anything.
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
    /// Its tag `Name` as it may be shown; `nil` where it has none, or an empty one.
    public var label: String? {
        let name = tags["Name"]?.strippedOfControls ?? ""
        return name.isEmpty ? nil : name
    }

    /// Whether it has this tag and no other spelling of it.
    ///
    /// Swift takes texts for equal that EC2 does not: a letter with its accent, and the letter with the
    /// accent after it.
    public func has(tag key: String, _ value: String) -> Bool {
        tags.contains {
            $0.key.utf8.elementsEqual(key.utf8) && $0.value.utf8.elementsEqual(value.utf8)
        }
    }
}
