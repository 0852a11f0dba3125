import FoundationEssentials
import NATModel

/// Reads the JSON that iproute2 prints: an array of objects.
enum JSONReply {
    /// The objects of a reply; iproute2 prints nothing, or an empty object, where there is none.
    static func rows<Row: Decodable>(
        _ reply: [UInt8], as type: Row.Type
    ) throws(ParseError) -> [Row] {
        if reply.allSatisfy({ $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: " ") }) { return [] }
        do {
            return try JSONDecoder().decode([Row].self, from: Data(reply))
        } catch let error as DecodingError {
            throw parseError(error, in: reply)
        } catch {
            throw ParseError("not JSON", in: String(decoding: reply.prefix(160), as: UTF8.self))
        }
    }

    private static func describe(_ error: DecodingError) -> String {
        switch error {
        case .typeMismatch(_, let context), .valueNotFound(_, let context):
            "\(path(context)): \(context.debugDescription)"
        case .keyNotFound(let key, let context):
            "\(path(context)): no \(key.stringValue)"
        case .dataCorrupted(let context):
            context.codingPath.isEmpty
                ? "not JSON" : "\(path(context)): \(context.debugDescription)"
        @unknown default: "\(error)"
        }
    }

    private static func path(_ context: DecodingError.Context) -> String {
        context.codingPath.map { $0.intValue.map { "row \($0 + 1)" } ?? $0.stringValue }
            .joined(separator: " ")
    }

    /// The error with the row at fault, or with the end of a reply that was cut short.
    private static func parseError(_ error: DecodingError, in reply: [UInt8]) -> ParseError {
        let path =
            switch error {
            case .typeMismatch(_, let context), .valueNotFound(_, let context),
                .keyNotFound(_, let context), .dataCorrupted(let context):
                context.codingPath
            @unknown default: [any CodingKey]()
            }
        let (rows, isWhole) = rowRanges(reply)
        if let row = path.first?.intValue, rows.indices.contains(row) {
            return ParseError(
                describe(error), in: String(decoding: reply[rows[row]].prefix(160), as: UTF8.self))
        }
        guard isWhole else {
            return ParseError("cut short", in: String(decoding: reply.suffix(80), as: UTF8.self))
        }
        return ParseError(
            describe(error), in: String(decoding: reply.prefix(160), as: UTF8.self))
    }

    /// Where each object of the outer array stands, and whether every bracket was closed.
    private static func rowRanges(_ reply: [UInt8]) -> (rows: [Range<Int>], isWhole: Bool) {
        var rows: [Range<Int>] = []
        var start = 0
        var depth = 0
        var isInString = false
        var isEscaped = false
        for (index, byte) in reply.enumerated() {
            if isInString {
                if !isEscaped, byte == UInt8(ascii: "\"") { isInString = false }
                isEscaped = !isEscaped && byte == UInt8(ascii: "\\")
                continue
            }
            switch byte {
            case UInt8(ascii: "\""): isInString = true
            case UInt8(ascii: "["), UInt8(ascii: "{"):
                depth += 1
                if depth == 2 { start = index }
            case UInt8(ascii: "]"), UInt8(ascii: "}"):
                depth -= 1
                if depth == 1 { rows.append(start..<index + 1) }
            default: break
            }
        }
        return (rows, depth <= 0 && !isInString)
    }
}

/// Any key of a JSON object, so that one nobody foresaw is seen too.
struct AnyKey: CodingKey {
    var stringValue: String
    var intValue: Int? { nil }

    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
    init(_ name: String) { stringValue = name }
}

/// A JSON value whose type iproute2's versions do not agree on, as text; empty for null.
struct LooseValue: Decodable {
    var text: String

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let text = try? container.decode(String.self) {
            self.text = text.strippedOfControls
        } else if let number = try? container.decode(Int64.self) {
            text = "\(number)"
        } else if let number = try? container.decode(UInt64.self) {
            text = "\(number)"
        } else if let number = try? container.decode(Double.self) {
            text = "\(number)"
        } else if let list = try? container.decode([LooseValue].self) {
            text = list.map(\.text).joined(separator: ",")
        } else if let isTrue = try? container.decode(Bool.self) {
            text = isTrue ? "true" : "false"
        } else if container.decodeNil() {
            text = ""
        } else {
            let fields = try container.decode([String: LooseValue].self)
            text = fields.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value.text)" }
                .joined(separator: " ")
        }
    }
}

extension KeyedDecodingContainer<AnyKey> {
    /// The value of a key as text; `nil` where the key is missing.
    func text(_ name: String) throws -> String? {
        try decodeIfPresent(LooseValue.self, forKey: AnyKey(name))?.text
    }

    /// The value of a key as a number, also where it is printed in quotes.
    func number(_ name: String) throws -> Int? {
        guard let text = try text(name) else { return nil }
        guard let number = Int(text) else {
            throw DecodingError.dataCorruptedError(
                forKey: AnyKey(name), in: self, debugDescription: "\(text) is not a number")
        }
        return number
    }

    /// The value of a key as an address; `nil` where the key is missing.
    func address(_ name: String) throws -> IPv4Address? {
        guard let text = try text(name) else { return nil }
        guard let address = IPv4Address(text) else {
            throw DecodingError.dataCorruptedError(
                forKey: AnyKey(name), in: self, debugDescription: "\(text) is not an IPv4 address")
        }
        return address
    }
}
