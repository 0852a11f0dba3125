import FoundationEssentials
import NATModel

/// A value of JSON (RFC 8259), which clouds and their programs answer in.
enum JSONValue: Hashable, Sendable {
    case null
    case truth(Bool)
    case number(Double)
    /// A text as it may be shown.
    case text(String)
    case array([JSONValue])
    case object([String: JSONValue])

    /// Reads a text of JSON as a whole.
    static func parse(_ bytes: [UInt8]) throws(ParseError) -> JSONValue {
        do {
            return try JSONDecoder().decode(JSONValue.self, from: Data(bytes))
        } catch {
            let shown = String(decoding: bytes.prefix(80), as: UTF8.self).strippedOfControls
            throw ParseError("not JSON", in: shown)
        }
    }

    /// The value of a member; `nil` where it is missing or null, or this is no object.
    subscript(_ name: String) -> JSONValue? {
        guard case .object(let members) = self, let value = members[name], value != .null else {
            return nil
        }
        return value
    }

    /// The text of a member; `nil` where it is missing or null.
    func text(_ name: String) throws(ParseError) -> String? {
        switch self[name] {
        case nil: return nil
        case .text(let text)?: return text
        case _?: throw ParseError("no text", in: name)
        }
    }

    /// The text of a member that must be there.
    func need(_ name: String) throws(ParseError) -> String {
        guard let text = try text(name) else { throw ParseError("it is missing", in: name) }
        return text
    }

    /// Whether a member is true; `nil` where it is missing or null.
    func truth(_ name: String) throws(ParseError) -> Bool? {
        switch self[name] {
        case nil: return nil
        case .truth(let isTrue)?: return isTrue
        case _?: throw ParseError("neither true nor false", in: name)
        }
    }

    /// The whole number of a member; `nil` where it is anything else.
    func whole(_ name: String) -> Int? {
        guard case .number(let number)? = self[name] else { return nil }
        return Int(exactly: number)
    }

    /// The elements of a member; none where it is missing or null.
    func elements(_ name: String) throws(ParseError) -> [JSONValue] {
        switch self[name] {
        case nil: return []
        case .array(let elements)?: return elements
        case _?: throw ParseError("no list", in: name)
        }
    }

    /// The elements of the list that this is.
    func elements() throws(ParseError) -> [JSONValue] {
        guard case .array(let elements) = self else { throw ParseError("no list", in: "") }
        return elements
    }

    /// The address of a member; `nil` where it is missing, null or empty.
    func address(_ name: String) throws(ParseError) -> IPv4Address? {
        guard let text = try text(name), !text.isEmpty else { return nil }
        guard let address = IPv4Address(text) else {
            throw ParseError("\(name) is not an address", in: text)
        }
        return address
    }

    /// The address of IPv4 of a member that may hold one of IPv6 too, in brackets or not; `nil` where it
    /// is missing, null, empty or one of IPv6.
    func addressOfEither(_ name: String) throws(ParseError) -> IPv4Address? {
        guard let text = try text(name), !text.contains(":") else { return nil }
        return try address(name)
    }

    /// The prefix of a member; `nil` where it is missing or null.
    func prefix(_ name: String) throws(ParseError) -> IPv4Prefix? {
        guard let text = try text(name) else { return nil }
        guard let prefix = IPv4Prefix(text) else {
            throw ParseError("\(name) is not a prefix", in: text)
        }
        return prefix
    }
}

extension JSONValue: Decodable {
    /// Tries one kind after the other, the frequent ones first: a decoder does not tell which it is.
    init(from decoder: any Decoder) throws {
        let value = try decoder.singleValueContainer()
        if value.decodeNil() {
            self = .null
        } else if let text = try? value.decode(String.self) {
            self = .text(text.strippedOfControls)
        } else if let members = try? value.decode([String: JSONValue].self) {
            self = .object(members)
        } else if let elements = try? value.decode([JSONValue].self) {
            self = .array(elements)
        } else if let truth = try? value.decode(Bool.self) {
            self = .truth(truth)
        } else {
            self = .number(try value.decode(Double.self))
        }
    }
}
