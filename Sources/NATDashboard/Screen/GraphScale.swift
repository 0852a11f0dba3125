/// The top of a graph: 1, 2 or 5 times a power of ten, so that it changes seldom and reads well.
struct GraphScale: Hashable, Sendable {
    /// Bytes per second that fill the graph.
    let top: Double
    /// The same in the unit that is shown: `20 Mb/s`.
    let label: String

    /// The lowest scale that holds these bytes per second, from one kilobit or kilobyte on.
    init(holding peak: Double, inBytes: Bool) {
        let factor: Double = inBytes ? 1 : 8
        var prefixes = Substring("kMGTP")
        var (digits, power) = (1, 1000.0)
        while Double(digits) * power < peak * factor, digits < 500 || prefixes.count > 1 {
            switch digits {
            case 2, 20, 200: digits = digits / 2 * 5
            case 500: (digits, power, prefixes) = (1, power * 1000, prefixes.dropFirst())
            default: digits *= 2
            }
        }
        top = Double(digits) * power / factor
        let prefix = prefixes.first.map(String.init) ?? ""
        label = "\(digits) \(prefix)\(inBytes ? "B/s" : "b/s")"
    }
}
