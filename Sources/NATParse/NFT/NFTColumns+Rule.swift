import NATModel

extension NFTColumns {
    /// The columns of a rule with these matches and this effect.
    init(_ matches: [FilterMatch], _ effect: FilterEffect?) {
        self.init()
        for match in matches {
            switch match {
            case .input(let selector): input = Self.column(selector)
            case .output(let selector): output = Self.column(selector)
            case .source(let selector): source = Self.column(selector)
            case .destination(let selector): destination = Self.column(selector)
            case .transport(let name): proto = name
            default: continue
            }
        }
        target = Self.target(effect)
    }

    private static func column(_ selector: InterfaceSelector) -> String {
        let names = selector.patterns.map { $0.isPrefix ? "\($0.name)*" : $0.name }
        return (selector.isNegated ? "!" : "") + names.joined(separator: ",")
    }

    private static func column(_ selector: AddressSelector) -> String {
        let shown = selector.ranges.prefix(2).map(\.description).joined(separator: ",")
        let rest = selector.ranges.count > 2 ? ",…" : ""
        return (selector.isNegated ? "!" : "") + shown + rest
    }

    private static func target(_ effect: FilterEffect?) -> String {
        switch effect {
        case .accept: "accept"
        case .drop: "drop"
        case .return: "return"
        case .jump(let chain): chain
        case .goto(let chain): chain
        case .masquerade: "masquerade"
        case .snat, .netmap: "snat"
        case .dnat: "dnat"
        case .firstOf(let rules):
            rules.contains { $0.effect.translatesSource } ? "snat" : "vmap"
        case .unknown(let words): words
        case .untrack: "notrack"
        case .nothing, .mark, .clamp, nil: ""
        }
    }
}
