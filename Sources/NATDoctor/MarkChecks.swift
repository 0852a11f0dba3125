import NATModel

extension Doctor {
    /// Whether somebody else has come to use the bits in which connections remember their egress.
    ///
    /// natdeck takes bits that nobody names; a program that comes later does not know that.
    static func sharedMarkBits(_ patient: Patient) -> Check {
        let topic = Topic(
            id: "mark-bits-shared", title: "Bits of marks",
            reason: "one program takes what another has marked for its own, and leads it elsewhere")
        let snapshot = patient.snapshot
        let mask = (snapshot.rules.value ?? []).first(where: \.isMark)?.mark?.mask
        if let failure = patient.failure(of: .rules, .nat) ?? snapshot.markBits.failure {
            return topic.unknown(failure)
        }
        guard let mask else { return topic.ok("no connection remembers its egress") }
        let shared = snapshot.markBitsOfOthers & mask
        let rules = (snapshot.rules.value ?? []).filter { !$0.isOwned }.filter { rule in
            rule.mark.map { ($0.mask == .max ? $0.value : $0.mask) & mask != 0 } ?? false
        }
        let hex = "0x" + String(mask, radix: 16)
        let findings =
            rules.map { "rule \($0.priority) «\($0.words)» looks at bits of \(hex)" }
            + (rules.isEmpty && shared != 0
                ? ["a rule of iptables or nftables uses bits of \(hex)"] : [])
        return topic.found(
            .warning, findings, else: "nobody else uses \(hex)",
            .manual("natdeck setup --remove, then natdeck apply: it takes bits that nobody names"))
    }
}
