/// Two words: the cover and the entries, the numbers behind them. `10.0.0.0/24 10.0.0.7=2,…`; a
/// list of nothing is a dash.
///
/// Written and read byte by byte: one of ten thousand entries is read again with every change.
extension SourceMap: TextCodable {
    /// The words.
    public var description: String {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(20 * (count + 1))
        func add(_ number: UInt32) {
            if number > 9 { add(number / 10) }
            bytes.append(UInt8(ascii: "0") + UInt8(number % 10))
        }
        func add(_ network: IPv4Prefix) {
            for shift in stride(from: UInt32(24), through: 0, by: -8) {
                if shift < 24 { bytes.append(UInt8(ascii: ".")) }
                add(network.network.rawValue >> shift & 255)
            }
            guard network.length < 32 else { return }
            bytes.append(UInt8(ascii: "/"))
            add(UInt32(network.length))
        }
        func add<Element>(listOf elements: [Element], _ add: (Element) -> Void) {
            if elements.isEmpty { bytes.append(UInt8(ascii: "-")) }
            for (place, element) in elements.enumerated() {
                if place > 0 { bytes.append(UInt8(ascii: ",")) }
                add(element)
            }
        }
        add(listOf: cover) { add($0) }
        bytes.append(UInt8(ascii: " "))
        add(listOf: entries) { entry in
            add(entry.source)
            bytes.append(UInt8(ascii: "="))
            add(UInt32(clamping: entry.number))
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
        /// A number without leading zeros, of four digits at most.
        func number() -> UInt32? {
            var number: UInt32 = 0
            let first = place
            while place < bytes.count, place < first + 4, (48...57).contains(bytes[place]) {
                if place > first, number == 0 { return nil }
                number = number * 10 + UInt32(bytes[place] - 48)
                place += 1
            }
            return place == first ? nil : number
        }
        func network() -> IPv4Prefix? {
            var address: UInt32 = 0
            for part in 0..<4 {
                if part > 0, !isNext(".") { return nil }
                guard let value = number(), value < 256 else { return nil }
                address = address << 8 | value
            }
            var length: UInt32 = 32
            if isNext("/") {
                guard let value = number(), value < 32 else { return nil }
                length = value
            }
            let network = IPv4Prefix(IPv4Address(rawValue: address), length: Int(length))
            return network.network.rawValue == address ? network : nil
        }
        if !isNext("-") {
            repeat {
                guard let network = network() else { return nil }
                cover.append(network)
            } while isNext(",")
        }
        guard isNext(" ") else { return nil }
        if !isNext("-") {
            repeat {
                guard let source = network(), isNext("="), let number = number() else { return nil }
                self[source] = Int(number)
            } while isNext(",")
        }
        guard place == bytes.count else { return nil }
    }
}
