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

    /// Appends its description, all at once: to append a byte costs more than to write it.
    func append(to bytes: inout [UInt8]) {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 18) { buffer in
            var end = 0
            func put(_ byte: UInt32) {
                buffer.initializeElement(at: end, to: UInt8(truncatingIfNeeded: byte))
                end += 1
            }
            func put(decimal number: UInt32) {
                if number >= 100 { put(48 + number / 100) }
                if number >= 10 { put(48 + number / 10 % 10) }
                put(48 + number % 10)
            }
            let address = network.rawValue
            put(decimal: address >> 24)
            for place in [16, 8, 0] as [UInt32] {
                put(UInt32(UInt8(ascii: ".")))
                put(decimal: address >> place & 255)
            }
            if length < 32 {
                put(UInt32(UInt8(ascii: "/")))
                put(decimal: UInt32(length))
            }
            bytes.append(contentsOf: UnsafeBufferPointer(rebasing: buffer[..<end]))
        }
    }

    /// Reads the network that stands at a place, as its description writes it, and goes on behind it;
    /// `nil` where none does.
    ///
    /// Byte by byte: files have ten thousand of them.
    public init?(in bytes: [UInt8], at place: inout Int) {
        var address: UInt32 = 0
        for part in 0..<4 {
            if part > 0 {
                guard place < bytes.count, bytes[place] == UInt8(ascii: ".") else { return nil }
                place += 1
            }
            guard let value = Self.number(in: bytes, at: &place), value < 256 else { return nil }
            address = address << 8 | value
        }
        var length: UInt32 = 32
        if place < bytes.count, bytes[place] == UInt8(ascii: "/") {
            place += 1
            guard let value = Self.number(in: bytes, at: &place), value < 32 else { return nil }
            length = value
        }
        self.init(IPv4Address(rawValue: address), length: Int(length))
        guard network.rawValue == address else { return nil }
    }

    /// Reads a number without leading zeros, of four digits at most.
    static func number(in bytes: [UInt8], at place: inout Int) -> UInt32? {
        var number: UInt32 = 0
        let first = place
        while place < bytes.count, place < first + 4, (48...57).contains(bytes[place]) {
            if place > first, number == 0 { return nil }
            number = number * 10 + UInt32(bytes[place] - 48)
            place += 1
        }
        return place == first ? nil : number
    }

    /// Appends a number in decimal.
    static func append(_ number: UInt32, to bytes: inout [UInt8]) {
        if number >= 1000 { append(number / 1000, to: &bytes) }
        if number >= 100 { bytes.append(UInt8(48 + number / 100 % 10)) }
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
