/// Two words: the cover and the entries, the numbers behind them. `10.0.0.0/24 10.0.0.7=2,…`; a
/// list of nothing is a dash.
///
/// Written and read byte by byte: one of ten thousand entries is read again with every change.
extension SourceMap: TextCodable {
    /// The words.
    public var description: String {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(20 * (count + 1))
        if cover.isEmpty { bytes.append(UInt8(ascii: "-")) }
        for (place, network) in cover.enumerated() {
            if place > 0 { bytes.append(UInt8(ascii: ",")) }
            network.append(to: &bytes)
        }
        bytes.append(UInt8(ascii: " "))
        if entries.isEmpty { bytes.append(UInt8(ascii: "-")) }
        for (place, entry) in entries.enumerated() {
            if place > 0 { bytes.append(UInt8(ascii: ",")) }
            entry.source.append(to: &bytes)
            bytes.append(UInt8(ascii: "="))
            IPv4Prefix.append(UInt32(clamping: entry.number), to: &bytes)
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Reads the words; `nil` where they say something else.
    public init?(_ text: String) {
        self.init()
        let bytes = Array(text.utf8)
        var place = 0
        func isNext(_ character: Unicode.Scalar) -> Bool {
            guard place < bytes.count, bytes[place] == UInt8(ascii: character) else { return false }
            place += 1
            return true
        }
        if !isNext("-") {
            repeat {
                guard let network = IPv4Prefix(in: bytes, at: &place) else { return nil }
                cover.append(network)
            } while isNext(",")
        }
        guard isNext(" ") else { return nil }
        if !isNext("-") {
            repeat {
                guard let source = IPv4Prefix(in: bytes, at: &place), isNext("="),
                    let number = IPv4Prefix.number(in: bytes, at: &place)
                else { return nil }
                self[source] = Int(number)
            } while isNext(",")
        }
        guard place == bytes.count else { return nil }
    }
}
