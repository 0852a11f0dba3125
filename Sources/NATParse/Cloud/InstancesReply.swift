import FoundationEssentials
public import NATModel

/// What `aws ec2 describe-instances` answers to natdeck's own query.
public enum InstancesReply {
    /// The query: of each instance the little that is asked for. Source: JMESPath.
    public static let query =
        "Reservations[].Instances[].{i:InstanceId,s:State.Name,v:VpcId,b:SubnetId,t:Tags,"
        + "a:PrivateIpAddress,n:NetworkInterfaces[].PrivateIpAddresses[].PrivateIpAddress}"

    /// An instance as the query has it told.
    private struct Entry: Decodable {
        var i: String
        var s: String
        var v: String?
        var b: String?
        var t: [Tag]?
        var a: String?
        var n: [String]?

        struct Tag: Decodable {
            var Key: String
            var Value: String?
        }
    }

    /// Reads the reply. Tags are as they were given, whatever they hold: they are compared.
    public static func parse(_ bytes: [UInt8]) throws(ParseError) -> [CloudInstance] {
        let entries: [Entry]
        do { entries = try JSONDecoder().decode([Entry].self, from: Data(bytes)) } catch {
            throw complaint(error, bytes)
        }
        var instances: [CloudInstance] = []
        instances.reserveCapacity(entries.count)
        for entry in entries {
            var addresses: [IPv4Address] = []
            for text in entry.n ?? [] { addresses.append(try address(text)) }
            if addresses.isEmpty, let only = entry.a, !only.isEmpty {
                addresses = [try address(only)]
            }
            let tags = (entry.t ?? []).map { ($0.Key, $0.Value ?? "") }
            instances.append(
                CloudInstance(
                    number: entry.i.strippedOfControls, addresses: addresses,
                    state: entry.s.strippedOfControls, vpc: entry.v?.strippedOfControls,
                    subnet: entry.b?.strippedOfControls,
                    tags: Dictionary(tags, uniquingKeysWith: { first, _ in first })))
        }
        return instances
    }

    private static func address(_ text: String) throws(ParseError) -> IPv4Address {
        guard let address = IPv4Address(text) else {
            throw ParseError("an address that is none", in: text.strippedOfControls)
        }
        return address
    }

    /// What is wrong with a reply, and where.
    private static func complaint(_ error: any Error, _ bytes: [UInt8]) -> ParseError {
        switch error {
        case DecodingError.typeMismatch(_, let context) where context.codingPath.isEmpty:
            ParseError("no list", in: "")
        case DecodingError.typeMismatch(_, let context):
            ParseError("another kind of value than is told there", in: name(of: context.codingPath))
        case DecodingError.keyNotFound(let key, _): ParseError("it is missing", in: key.stringValue)
        case DecodingError.valueNotFound(_, let context):
            ParseError("it is missing", in: name(of: context.codingPath))
        default:
            ParseError(
                "not JSON", in: String(decoding: bytes.prefix(80), as: UTF8.self).strippedOfControls
            )
        }
    }

    /// The last member on the way to a value; an element of a list has none.
    private static func name(of path: [any CodingKey]) -> String {
        path.last { $0.intValue == nil }?.stringValue ?? ""
    }
}
