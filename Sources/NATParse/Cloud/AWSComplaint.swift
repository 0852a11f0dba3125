public import NATModel

/// Why `aws` did not do what it was asked for, out of what it wrote on standard error.
public struct AWSComplaint: Hashable, Sendable {
    /// The code of the service's error, such as `UnauthorizedOperation`; `nil` where the program
    /// itself complains.
    public var code: String?
    /// The action that was called, as IAM names it: `ec2:DescribeInstances`.
    public var action: String?
    /// What it says, in one line.
    public var text: String

    /// The complaint in this text, which may have warnings before it.
    public init(_ error: String) {
        let mark = "An error occurred ("
        text = error
        guard let start = error.ranges(of: mark).last else { return }
        let rest = error[start.upperBound...]
        text = String(error[start.lowerBound...])
        code = String(rest.prefix { $0 != ")" })
        let call = "when calling the "
        if let place = rest.firstRange(of: call) {
            action = "ec2:" + rest[place.upperBound...].prefix { $0 != " " }
        }
    }

    /// Whether waiting may help.
    public var isOfThrottling: Bool {
        code == "RequestLimitExceeded" || code?.hasPrefix("Throttl") == true
    }

    /// The complaint as a person should read it, with what mends it.
    public func failure(of object: String) -> ReadFailure {
        if let action, ["UnauthorizedOperation", "AccessDenied"].contains(code) {
            return ReadFailure(
                object, "not permitted: \(action)",
                fix: "allow the IAM action \(action) to this box's role; the README has the policy")
        }
        if isOfThrottling {
            return ReadFailure(object, "the cloud is asked too often (\(code ?? ""))")
        }
        let expired = [
            "ExpiredToken", "ExpiredTokenException", "RequestExpired", "AuthFailure",
            "InvalidClientTokenId",
        ]
        if let code, expired.contains(code) {
            return ReadFailure(
                object, "its credentials are refused (\(code))",
                fix: "give the box a role, or new credentials; and look at its clock")
        }
        // The program has no code for these; what it says of them is a hint to the fix alone.
        if text.contains("Unable to locate credentials") {
            return ReadFailure(
                object, "it has no credentials", fix: "attach a role with the README's policy")
        }
        if text.contains("must specify a region") {
            return ReadFailure(
                object, "it does not know the region",
                fix: "let the metadata service tell it, or: aws configure set region REGION")
        }
        return ReadFailure(object, String(text.prefix(300)))
    }
}
