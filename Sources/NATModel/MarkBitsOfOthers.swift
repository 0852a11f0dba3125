extension Snapshot {
    /// The bits of marks that somebody else on the box looks at or sets; all of them where that
    /// could not be read.
    ///
    /// A rule that compares all 32 bits counts by the bits that it looks for: a packet that natdeck
    /// marks is none of its.
    public var markBitsOfOthers: UInt32 {
        if let failure = markBits.failure, failure != .unread { return .max }
        var bits = markBits.value ?? 0
        for rule in rules.value ?? [] where !rule.isOwned {
            if let mark = rule.mark { bits |= mark.mask == .max ? mark.value : mark.mask }
        }
        // What iptables-nft lists is known from the kernel; what the other one does is not.
        for set in nat.value ?? [] where set.backend == .legacy { bits |= set.markBits }
        for set in forward.value ?? [] where set.backend == .legacy { bits |= set.markBits }
        return bits
    }
}

extension NATRuleSet {
    /// The bits of marks that its rules name, whatever they do with them.
    public var markBits: UInt32 {
        chains.lazy.flatMap(\.rules).reduce(0) { $0 | $1.markBits }
    }
}

extension NATRule {
    /// The bits of marks that it names; all where it copies the whole mark of a connection.
    ///
    /// Source: what iptables lists of MARK, CONNMARK, mark and connmark.
    var markBits: UInt32 {
        let words = extra.split(separator: " ")
        guard target == "MARK" || target == "CONNMARK" || extra.contains("mark match") else {
            return 0
        }
        let copies = words.contains("save") || words.contains("restore")
        if target == "CONNMARK", copies, !words.contains(where: { $0.hasSuffix("mask") }) {
            return .max
        }
        return words.reduce(0) { bits, word in
            guard word.hasPrefix("0x"), let mark = PacketMark(String(word)) else { return bits }
            let isWide = mark.mask != .max && mark.mask.nonzeroBitCount > 16
            return bits | (mark.mask == .max ? mark.value : isWide ? ~mark.mask : mark.mask)
        }
    }
}
