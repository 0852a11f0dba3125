/// The marks by which natdeck knows what it made; whatever lacks them is foreign.
public enum Ownership {
    /// The `protocol` of our rules and routes; not in iproute2's `rt_protos`.
    public static let protocolNumber = 201
    /// The comment of our iptables rules.
    public static let comment = "natdeck"
    /// The comment as iptables lists it.
    static let listedComment = "/* \(comment) */"
    /// The comment as nft(8) prints it.
    static let nftComment = "comment \"\(comment)\""
    /// The table of our MASQUERADE rules in nftables, of family `ip`. That of the gate is another:
    /// it is made anew with each change.
    public static let nftTable = "natdeck_nat"
    /// The chain of that table which translates, and the set of what it does: a source and the
    /// interface it leaves by.
    public static let nftChain = "postrouting"
    /// See `nftChain`.
    public static let nftSet = "covered"
    /// The first FIB table of ours. Tables 10001 and up belong to ec2-net-utils, which deletes
    /// rules that point at them.
    public static let firstTable = 20001
    /// The priority of the rule by which an earlier natdeck kept internal traffic internal, for
    /// everybody. Routes of type `throw` do that now.
    public static let internalPriority = 4990
    /// The priority of the rules by which what goes to internal networks passes by all of ours.
    public static let passInternalPriority = 4700
    /// The priority of the rule by which connections keep the egress of this number: before all
    /// those for sources.
    public static func markPriority(of number: Int) -> Int { 4700 + number }
    /// The most egresses that connections are told apart by.
    static let mostMarks = 255
    /// The number of the egress whose table this is: the place of the table among ours.
    public static func number(of table: Int) -> Int { table - firstTable + 1 }
    /// The table of the egress of this number.
    public static func table(of number: Int) -> Int { firstTable + number - 1 }
    /// The table that closes networks to what has no mark of natdeck.
    public static let closedTable = firstTable - 1
    /// The priority of the rules by which the box's own addresses, and what is free, pass by those
    /// that close.
    public static let passClosedPriority = 4958
    /// The priority of the rules that close what the map steers: behind all those for marks.
    public static let closedPriority = 4959
    /// The priority of the rule where what passes by them goes on.
    public static let behindClosedPriority = 4960
    /// The priority of a rule for one host; wider sources come later, ten apart per bit.
    public static let hostPriority = 5000
    /// The priority of the rule behind all rules for sources, where what passes by them goes on.
    public static let landingPriority = hostPriority + 10 * 33

    /// Where what passes by rules of ours goes on.
    public static let landings = [landingPriority, behindClosedPriority]

    /// The priority of the rule for `source`: the longest prefix comes first.
    ///
    /// - Parameter slot: 0 for a table of ours. A table of others has one of 1...9: its owner may
    ///   delete what looks it up by priority alone.
    public static func priority(for source: IPv4Prefix, slot: Int = 0) -> Int {
        hostPriority + 10 * (32 - source.length) + slot
    }
}
