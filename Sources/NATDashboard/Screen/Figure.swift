internal import NATModel

/// Figures as text, of a width that does not change with their value.
enum Figure {
    /// What stands where nothing is known.
    static let missing = "–"

    /// Bytes per second as decimal bits or bytes, such as `12.4 Mb/s`, 10 wide at most.
    static func traffic(_ bytesPerSecond: Double?, inBytes: Bool) -> String {
        guard let (figure, prefix) = scaled(bytesPerSecond, inBytes: inBytes) else {
            return missing
        }
        return "\(figure) \(prefix.isEmpty ? " " : prefix)\(inBytes ? "B/s" : "b/s")"
    }

    /// The same without the unit, 6 wide at most: `12.4M`.
    static func short(_ bytesPerSecond: Double?, inBytes: Bool) -> String {
        guard let (figure, prefix) = scaled(bytesPerSecond, inBytes: inBytes) else {
            return missing
        }
        return figure + prefix
    }

    /// As decimal bits or bytes under a thousand, and the prefix that makes up for it.
    private static func scaled(
        _ bytesPerSecond: Double?, inBytes: Bool
    ) -> (figure: String, prefix: String)? {
        guard let bytesPerSecond else { return nil }
        var value = max(inBytes ? bytesPerSecond : bytesPerSecond * 8, 0)
        var prefixes = Substring("kMGTP")
        if value.rounded() < 1000 { return ("\(Int(value.rounded()))", "") }
        value /= 1000
        while (value * 10).rounded() >= 10_000, prefixes.count > 1 {
            value /= 1000
            prefixes.removeFirst()
        }
        return (oneDecimal(value), prefixes.first.map(String.init) ?? "")
    }

    /// An amount of data: `156.2 kB`.
    static func bytes(_ count: UInt64) -> String {
        let (figure, prefix) = scaled(Double(count), inBytes: true) ?? (missing, "")
        return "\(figure) \(prefix)B"
    }

    /// Events per second with one decimal.
    static func perSecond(_ value: Double?) -> String {
        value.map(oneDecimal) ?? missing
    }

    /// A whole number.
    static func number(_ value: (some BinaryInteger)?) -> String {
        value.map { "\($0)" } ?? missing
    }

    /// With exactly one decimal, whatever the value.
    static func oneDecimal(_ value: Double) -> String {
        guard value.isFinite, abs(value) < 1e15 else { return missing }
        let tenths = Int((abs(value) * 10).rounded())
        return (value < 0 && tenths > 0 ? "-" : "") + "\(tenths / 10).\(tenths % 10)"
    }

    /// `12 s`, `3 min`, `2 h`.
    static func duration(seconds: Int64) -> String {
        switch seconds {
        case ..<120: "\(seconds) s"
        case ..<7200: "\(seconds / 60) min"
        default: "\(seconds / 3600) h"
        }
    }

    /// `1 host`, `2 hosts`.
    static func count(_ count: Int, _ noun: String) -> String {
        "\(count) \(noun)\(count == 1 ? "" : "s")"
    }
}

extension Figure {
    /// A number of things, 5 wide at most: `412`, `3.4k`, `200k`.
    static func amount(_ count: some BinaryInteger) -> String {
        let value = Double(count)
        switch value {
        case ..<1000: return "\(count)"
        case ..<9950: return oneDecimal(value / 1000) + "k"
        case ..<999_500: return "\(Int((value / 1000).rounded()))k"
        case ..<9_950_000: return oneDecimal(value / 1_000_000) + "M"
        default: return "\(Int((value / 1_000_000).rounded()))M"
        }
    }

    /// Events per second, 4 wide at most: `0.2`, `31`, `1.4k`.
    static func rate(_ value: Double) -> String {
        value < 9.95 ? oneDecimal(value) : amount(Int(min(value, 1e15).rounded()))
    }

    /// A share in 0...1: `12%`; a trace of one is `<1%`.
    static func share(_ value: Double) -> String {
        value > 0 && value < 0.005 ? "<1%" : "\(Int((min(value, 99) * 100).rounded()))%"
    }

    /// Bits per second of a link: `10G`, `100M`.
    static func link(_ bitsPerSecond: UInt64) -> String {
        var value = Double(bitsPerSecond)
        var prefixes = Substring("kMGT")
        guard value >= 1000 else { return "\(bitsPerSecond)" }
        value /= 1000
        while value >= 1000, prefixes.count > 1 {
            value /= 1000
            prefixes.removeFirst()
        }
        let text = value.rounded() == value ? "\(Int(value))" : oneDecimal(value)
        return text + (prefixes.first.map(String.init) ?? "")
    }
}

extension Figure {
    /// A span of time, 5 wide at most: `29 s`, `4 m`, `5 h`, `5 d`.
    static func span(seconds: Int64) -> String {
        switch seconds {
        case ..<100: "\(seconds) s"
        case ..<6000: "\((seconds + 30) / 60) m"
        case ..<172_800: "\((seconds + 1800) / 3600) h"
        default: "\(min((seconds + 43_200) / 86_400, 999)) d"
        }
    }
}
