/// Networks as one word: `10.0.0.7,10.0.3.0/24`, and nothing for none.
extension IPv4Prefix {
    /// The word.
    static func word(_ networks: [IPv4Prefix]) -> String {
        // Bytes and not texts: ten thousand of them are written at once.
        var bytes: [UInt8] = []
        bytes.reserveCapacity(networks.count * 16)
        for network in networks {
            if !bytes.isEmpty { bytes.append(UInt8(ascii: ",")) }
            network.append(to: &bytes)
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Appends its description.
    private func append(to bytes: inout [UInt8]) {
        for place in [24, 16, 8] as [UInt32] {
            Self.append(network.rawValue >> place & 255, to: &bytes)
            bytes.append(UInt8(ascii: "."))
        }
        Self.append(network.rawValue & 255, to: &bytes)
        if length < 32 {
            bytes.append(UInt8(ascii: "/"))
            Self.append(UInt32(length), to: &bytes)
        }
    }

    /// Appends a number below 1000.
    private static func append(_ number: UInt32, to bytes: inout [UInt8]) {
        if number >= 100 { bytes.append(UInt8(48 + number / 100)) }
        if number >= 10 { bytes.append(UInt8(48 + number / 10 % 10)) }
        bytes.append(UInt8(48 + number % 10))
    }

    /// The networks of a word; `nil` where a part of it is none.
    static func networks(_ word: Substring) -> [IPv4Prefix]? {
        let fields = word.utf8.split(separator: UInt8(ascii: ","))
        let networks = fields.compactMap { IPv4Prefix(Substring($0)) }
        return networks.count == fields.count ? networks : nil
    }
}
