public import NATModel

/// Something that must hold after a plan, asked of the kernel and not of what we remember.
public enum Verification: Hashable, Sendable, CustomStringConvertible {
    /// A packet of this source to the outside leaves by this interface.
    case leaves(IPv4Prefix, by: String)
    /// A rule translates the source address of what leaves so.
    case isMasqueraded(IPv4Prefix, by: String)
    /// What this source sends by an interface gets these addresses of it.
    case isGiven(IPv4Prefix, Egress)
    /// Nothing of this source leaves the box, as long as its interface cannot be used.
    case blocked(IPv4Prefix)
    /// No rule of natdeck steers this source any more.
    case isReleased(IPv4Prefix)
    /// A kernel parameter has this value.
    case sysctl(String, Int)
    /// A table of ours fails closed.
    case failsClosed(Int)
    /// AWS is as this change makes it.
    case cloud(CloudChange)

    /// The source it is about; `nil` for one of the whole box.
    var source: IPv4Prefix? {
        switch self {
        case .leaves(let source, _), .isMasqueraded(let source, _), .isGiven(let source, _),
            .blocked(let source), .isReleased(let source):
            source
        case .sysctl, .failsClosed, .cloud: nil
        }
    }

    /// What is verified, in one sentence without a full stop.
    public var description: String {
        switch self {
        case .leaves(let source, let interface):
            "the kernel routes packets from \(source) out of \(interface)"
        case .isMasqueraded(let source, let interface):
            "a MASQUERADE or SNAT rule covers \(source) on \(interface)"
        case .isGiven(let source, let egress):
            "what \(source) sends by \(egress.interface) gets"
                + " \(egress.addresses.map(\.description).joined(separator: " or "))"
        case .blocked(let source): "nothing that \(source) sends leaves the box"
        case .isReleased(let source): "no rule of natdeck steers \(source)"
        case .sysctl(let name, let value):
            "\(name) reads \(value)"
        case .failsClosed(let table):
            "table \(table) ends in an unreachable default route"
        case .cloud(let change): "AWS says so: \(change)"
        }
    }
}

/// One short line: a plan for ten thousand hosts has twice as many of them.
extension Verification: LineCodable {
    /// `leaves 172.31.26.176 eth1`.
    public var line: String {
        switch self {
        case .leaves(let source, let interface): "leaves \(source) \(interface)"
        case .isMasqueraded(let source, let interface): "masqueraded \(source) \(interface)"
        case .isGiven(let source, let egress): "given \(source) \(egress)"
        case .blocked(let source): "blocked \(source)"
        case .isReleased(let source): "released \(source)"
        case .sysctl(let name, let value): "parameter \(name) \(value)"
        case .failsClosed(let table): "closed \(table)"
        case .cloud(let change): "cloud \(change)"
        }
    }

    /// Reads the line; `nil` where it says something else.
    public init?(line code: Substring) {
        let words = code.split(separator: " ", omittingEmptySubsequences: false)
        if words.first == "cloud" {
            guard let change = CloudChange(String(code.dropFirst("cloud ".count))) else {
                return nil
            }
            self = .cloud(change)
            return
        }
        switch (words.first, words.count) {
        case ("leaves", 3):
            guard let source = IPv4Prefix(words[1]) else { return nil }
            self = .leaves(source, by: String(words[2]))
        case ("masqueraded", 3):
            guard let source = IPv4Prefix(words[1]) else { return nil }
            self = .isMasqueraded(source, by: String(words[2]))
        case ("given", 3):
            guard let source = IPv4Prefix(words[1]), let egress = Egress(String(words[2])) else {
                return nil
            }
            self = .isGiven(source, egress)
        case ("blocked", 2), ("released", 2):
            guard let source = IPv4Prefix(words[1]) else { return nil }
            self = words[0] == "blocked" ? .blocked(source) : .isReleased(source)
        case ("parameter", 3):
            guard let value = Int(words[2]) else { return nil }
            self = .sysctl(String(words[1]), value)
        case ("closed", 2):
            guard let table = Int(words[1]) else { return nil }
            self = .failsClosed(table)
        default: return nil
        }
    }
}
