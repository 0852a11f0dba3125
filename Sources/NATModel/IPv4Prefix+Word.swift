/// Networks as one word: `10.0.0.7,10.0.3.0/24`, and nothing for none.
extension IPv4Prefix {
    /// The word.
    static func word(_ networks: [IPv4Prefix]) -> String {
        networks.map(\.description).joined(separator: ",")
    }

    /// The networks of a word; `nil` where a part of it is none.
    static func networks(_ word: Substring) -> [IPv4Prefix]? {
        let fields = word.split(separator: ",")
        let networks = fields.compactMap { IPv4Prefix($0) }
        return networks.count == fields.count ? networks : nil
    }
}
