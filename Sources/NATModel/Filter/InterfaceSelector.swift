/// The interfaces that a rule selects, or all others.
public struct InterfaceSelector: Hashable, Codable, Sendable {
    /// A name, or how names begin.
    public struct Pattern: Hashable, Codable, Sendable {
        /// The name, or its beginning.
        public var name: String
        /// Whether any name that begins so is meant: `eth+` of iptables, `"eth*"` of nft.
        public var isPrefix: Bool

        /// A pattern for this name, or for all that begin with it.
        public init(_ name: String, isPrefix: Bool = false) {
            self.name = name
            self.isPrefix = isPrefix
        }

        /// Whether it selects the interface of that name.
        public func matches(_ other: String) -> Bool {
            isPrefix ? other.hasPrefix(name) : other == name
        }
    }

    /// What it names.
    public var patterns: [Pattern]
    /// Whether it selects all but these.
    public var isNegated: Bool

    /// A selector of these interfaces.
    public init(_ patterns: [Pattern], isNegated: Bool = false) {
        self.patterns = patterns
        self.isNegated = isNegated
    }

    /// What stands in a column of iptables: a name, `eth+`, `!` before either.
    init(column: String) {
        isNegated = column.hasPrefix("!")
        let body = isNegated ? column.dropFirst() : column[...]
        let isPrefix = body.hasSuffix("+")
        patterns = [Pattern(String(isPrefix ? body.dropLast() : body), isPrefix: isPrefix)]
    }

    /// Whether it selects the interface of that name.
    public func matches(_ name: String) -> Bool {
        patterns.contains { $0.matches(name) } != isNegated
    }

    /// Whether it selects one that is not known.
    var matchUnknown: RuleMatch {
        // `+` and `*` alone are every interface.
        guard patterns.contains(where: { $0.isPrefix && $0.name.isEmpty }) else {
            return .sometimes
        }
        return isNegated ? .never : .always
    }
}
