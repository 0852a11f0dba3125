import NATModel

// What packet filters are sure to do to a source that is to leave by an interface.
extension Box {
    /// Refuses where a nat rule gives the source an address of another interface: answers come back
    /// by that one, or by none.
    func refuseForeignAddress(
        _ promise: NATPromise?, of source: IPv4Prefix, _ egress: String
    ) throws(PlanRefusal) {
        guard let address = promise?.answer.address, promise?.answer.isCovered == false,
            let rule = promise?.verdict.translation,
            let other = interfaces.first(where: { interface in
                interface.name != egress && !interface.isLoopback
                    && interface.addresses.contains { $0.address == address }
            })
        else { return }
        // natdeck's own rule comes before that one.
        let own = facts.egress(egress)?.ownAddresses.first
        throw PlanRefusal(
            source.description,
            "the nat rule «\(rule.words)» gives what it sends by \(egress) the address \(address) of"
                + " \(other.name), to which nothing comes back by \(egress)",
            fix: "let that rule name \(other.name)"
                + (own.map { ", or: natdeck assign \(source) \($0)" } ?? ""))
    }

    /// Refuses where the kernel does not forward what comes in by an interface of the way.
    func refuseClosed(_ source: IPv4Prefix, leavingBy egress: String) throws(PlanRefusal) {
        guard let name = facts.closedParameter(of: source, leavingBy: egress) else { return }
        throw PlanRefusal(
            source.description,
            "\(name) is 0, so that "
                + (name == "net.ipv4.conf.\(egress).forwarding"
                    ? "the answers to it are not forwarded" : "what it sends is not forwarded"),
            fix: "sysctl -w \(SysctlName(dotted: name).spelling)=1")
    }

    /// Refuses where the answers to what the source sends by the interface are led elsewhere.
    func refuseStrayAnswers(to source: IPv4Prefix, leavingBy egress: String) throws(PlanRefusal) {
        guard let stray = facts.strayAnswers(to: source, leavingBy: egress) else { return }
        throw PlanRefusal(
            source.description, "the answers to it \(stray.words) decides",
            fix: stray.leadingBack(to: source).description)
    }

    /// Refuses where a filter or IPsec is sure to drop what the source sends by the interface.
    func refuseDrop(of source: IPv4Prefix, leavingBy egress: String) throws(PlanRefusal) {
        guard let verdict = facts.forwarding(of: source, leavingBy: egress), verdict.isDropped,
            let drop = verdict.drops.first
        else { return }
        let commands = verdict.openingCommands.map(\.description).joined(separator: "; ")
        throw PlanRefusal(
            source.description, verdict.sentence(drop, of: "it"),
            fix: commands.isEmpty ? drop.remedy : commands)
    }
}

extension FilterCause {
    /// What lets packets through where no rule before it can.
    fileprivate var remedy: String {
        base.program == NATRuleSet.ipsec
            ? "find out what made that policy: its own settings say which hosts it is for"
            : "let that rule name the interface it is for"
    }
}
