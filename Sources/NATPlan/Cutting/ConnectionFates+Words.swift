public import NATModel

extension ConnectionFates {
    /// What becomes of the live connections of a source, to stand behind their number, such as
    /// `, stay on eth0 until they end`; empty where it has none.
    public func words(of source: IPv4Prefix, _ live: LiveConnections) -> String {
        let count = live.count
        guard count > 0 else { return "" }
        switch fate(of: source) {
        case .end: return count == 1 ? ", ends and starts anew" : ", end and start anew"
        case .someEnd: return ", some end"
        case .stay:
            guard keepsAny, !live.byWay.isEmpty else {
                return count == 1 ? ", stays as it is" : ", stay as they are"
            }
            let unsure = unsure(of: live)
            if !unsure.isEmpty {
                let ended = unsure.values.reduce(0, +)
                return
                    ", \(ended == count ? "" : "\(ended) ")may end: nothing tells by which interface"
                    + " \(list(unsure.keys.map(\.address).sorted())) leaves"
            }
            let egresses = Set(live.byWay.keys.compactMap { egress(keeping: $0) }).sorted()
                .joined(separator: " and ")
            return count == 1
                ? ", stays on \(egresses) until it ends" : ", stay on \(egresses) until they end"
        }
    }
}

extension ConntrackFlow {
    /// `tcp to 198.51.100.10:443, 4 min old, 3500 bytes`: what the kernel does not note is left out.
    ///
    /// - Parameters:
    ///   - now: milliseconds since 1970-01-01 UTC.
    ///   - amount: a number of bytes as text.
    public func words(at now: Int64, _ amount: (UInt64) -> String) -> String {
        var words = ["\(Transport.name(original.transport)) to \(original.destinationText)"]
        if let age = ageMilliseconds(at: now) {
            words.append("\(Span.text(milliseconds: age)) old")
        }
        if let traffic { words.append(amount(traffic.bytes)) }
        return words.joined(separator: ", ")
    }
}
