/// An answer over HTTP/1.1 (RFC 9112), as far as a metadata service uses it.
struct HTTPReply {
    /// The status, such as 200.
    let status: Int
    /// The header fields, names and values in lower case.
    let fields: [String: String]
    /// The body.
    let body: String
    /// Whether the server takes another request over the same connection.
    let keepsConnection: Bool

    /// Reads what has come; `nil` where more must come.
    ///
    /// - Parameter isEnd: whether the server has closed the connection, so that nothing more comes.
    init?(_ bytes: [UInt8], isEnd: Bool) throws(MetadataHTTP.Failure) {
        guard let head = bytes[...].firstLine(ending: "\r\n\r\n") else {
            if isEnd { throw Self.cutShort }
            return nil
        }
        // A carriage return and the line feed after it are one Character.
        let lines = String(decoding: head.line, as: UTF8.self).split(separator: "\r\n")
        let words = (lines.first ?? "").split(separator: " ", maxSplits: 2)
        guard words.count >= 2, words[0].hasPrefix("HTTP/"), let status = Int(words[1].prefix(3))
        else { throw MetadataHTTP.Failure(description: "the answer is not HTTP") }
        var fields: [String: String] = [:]
        for line in lines.dropFirst() {
            let parts = line.split(separator: ":", maxSplits: 1)
            guard parts.count == 2 else { continue }
            fields[parts[0].lowercased()] = parts[1].filter { $0 != " " }.lowercased()
        }
        let body: [UInt8]
        var isDelimited = true
        if fields["transfer-encoding"] == "chunked" {
            guard let all = try Self.chunks(head.rest) else {
                if isEnd { throw Self.cutShort }
                return nil
            }
            body = all
        } else if let length = fields["content-length"].flatMap({ Int($0) }), length >= 0 {
            guard head.rest.count >= length else {
                if isEnd { throw Self.cutShort }
                return nil
            }
            body = Array(head.rest.prefix(length))
        } else if status == 204 || status == 304 {
            body = []
        } else {
            // Without a length the end of the connection is the end of the body.
            guard isEnd else { return nil }
            body = Array(head.rest)
            isDelimited = false
        }
        self.status = status
        self.fields = fields
        self.body = String(decoding: body, as: UTF8.self)
        let isKept =
            words[0] == "HTTP/1.0"
            ? fields["connection"] == "keep-alive" : fields["connection"] != "close"
        keepsConnection = isDelimited && isKept && !isEnd
    }

    private static let cutShort = MetadataHTTP.Failure(description: "the answer was cut short")

    /// The body of `Transfer-Encoding: chunked`; `nil` where the last chunk has not come.
    private static func chunks(
        _ bytes: ArraySlice<UInt8>
    ) throws(MetadataHTTP.Failure) -> [UInt8]? {
        var rest = bytes
        var body: [UInt8] = []
        while let (line, after) = rest.firstLine(ending: "\r\n") {
            let digits = String(decoding: line.prefix { $0 != UInt8(ascii: ";") }, as: UTF8.self)
            guard let length = Int(digits.filter { $0 != " " }, radix: 16), length >= 0,
                length <= 1 << 20
            else { throw MetadataHTTP.Failure(description: "the answer is not HTTP") }
            if length == 0 {
                // Nobody sends trailers here; an empty line ends it.
                return after.firstLine(ending: "\r\n") == nil ? nil : body
            }
            guard after.count >= length + 2 else { return nil }
            body += after.prefix(length)
            rest = after.dropFirst(length + 2)
        }
        return nil
    }
}

extension ArraySlice<UInt8> {
    /// What stands before the first `ending`, and what comes after it; `nil` where there is none.
    fileprivate func firstLine(
        ending: String
    ) -> (line: ArraySlice<UInt8>, rest: ArraySlice<UInt8>)? {
        let ending = Array(ending.utf8)
        for index in indices where self[index...].starts(with: ending) {
            return (self[startIndex..<index], self[(index + ending.count)...])
        }
        return nil
    }
}
