/// What the nat tables promise of a source that leaves by an egress.
public struct NATPromise: Hashable, Sendable {
    /// All that may happen to it.
    public var verdict: NATVerdict
    /// The address it leaves the box with.
    public var answer: NATAnswer
    /// The address the outside sees; `nil` where that is not sure or not known.
    public var publicAddress: IPv4Address?
}

extension NATPromise {
    /// Why answers may not come back although it is sure what address a source leaves with, of the
    /// rule that gives it: one that nobody outside knows to be of the egress. `nil` where nothing is
    /// strange about it.
    public func strangeness(of source: IPv4Prefix, leavingBy egress: String) -> String? {
        guard answer.isCovered != true, answer.doubts.isEmpty else { return nil }
        if let cause = verdict.exemption, source.isInternal {
            return "\(cause) leaves its private address"
        }
        guard let rule = verdict.translation else { return nil }
        if let address = answer.address {
            return "«\(rule.words)» gives \(address) (no address of \(egress))"
        }
        // Of a range some may be the egress's, and who gets which the kernel decides.
        guard case .anyOf(let ranges)? = answer.addresses.first else { return nil }
        let words = ranges.map(\.description).joined(separator: " or ")
        return "«\(rule.words)» gives one of \(words) (not all of them addresses of \(egress))"
    }
}
