public import NATModel

/// Our MASQUERADE rules in a table of nftables that is ours alone: the elements of one set, which
/// one rule looks at. See nft(8).
///
/// Its chain comes after those of everybody else, for the first translation wins.
public enum NFTMasquerade {
    /// What makes the table, and changes nothing where it is there.
    static var table: [String] {
        let table = "ip \(Ownership.nftTable)"
        let chain = "\(table) \(Ownership.nftChain)"
        return [
            "add table \(table)",
            "add set \(table) \(Ownership.nftSet) { type ipv4_addr . ifname; flags interval; }",
            "add chain \(chain) { type nat hook postrouting priority \(priority); }",
            "flush chain \(chain)",
            "add rule \(chain) ip saddr . oifname @\(Ownership.nftSet) masquerade"
                + " comment \"\(Ownership.comment)\"",
        ]
    }

    /// After `srcnat`, 100, and what others place behind it.
    private static let priority = 1000

    /// What carries these actions out in one transaction, for `nft -f -`; done twice, it changes
    /// nothing the second time.
    public static func script(_ actions: [Step.Action]) -> String {
        var lines = table
        for action in actions {
            switch action {
            case .addMasquerade(let rule, _): lines.append(rule.nftElement("add"))
            case .deleteMasquerade(let rule):
                // To delete what is not there fails; to add what is there does not.
                lines += [rule.nftElement("add"), rule.nftElement("delete")]
            default: continue
            }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// Lists the set.
    public static let listing = Command(
        NATRuleSet.nft, "list", "set", "ip", Ownership.nftTable, Ownership.nftSet)

    /// Takes the table away.
    public static let removal = Command(NATRuleSet.nft, "delete", "table", "ip", Ownership.nftTable)
}
