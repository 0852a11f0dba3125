import NATModel

// What packet filters do to hosts beside NAT.
extension Doctor {
    /// Hosts whose packets a filter drops, or the answers to them.
    static func forwardDrops(_ patient: Patient) -> Check {
        let topic = Topic(
            id: "forward-drops", title: "FORWARD chains",
            reason: "what a filter table drops never leaves, whatever rules and NAT say")
        if let failure = patient.failure(of: .rules, .tables, .forward) {
            return topic.unknown(failure)
        }
        var findings: [String] = []
        var commands: [String] = []
        var isSure = false
        for (source, egress) in patient.leaving {
            guard let verdict = patient.facts.forwarding(of: source, leavingBy: egress),
                !verdict.passes
            else { continue }
            guard let cause = verdict.drops.first ?? verdict.doubts.first else { continue }
            isSure = isSure || verdict.isDropped
            findings.append(verdict.sentence(cause, of: "\(source)"))
            commands += verdict.openingCommands.map(\.description)
        }
        return topic.found(
            isSure ? .error : .info, findings, else: "every FORWARD chain lets the hosts through",
            commands.first.map { .manual($0) })
    }

    /// Hosts that a nat rule gives an address of another interface.
    static func foreignAddresses(_ patient: Patient) -> Check {
        let topic = Topic(
            id: "nat-address-elsewhere", title: "Addresses that NAT gives",
            reason: "to an address that does not belong to the interface no answer comes back by it"
        )
        if let failure = patient.failure(of: .rules, .tables, .nat, .interfaces) {
            return topic.unknown(failure)
        }
        var isOfBox = true
        let findings = patient.leaving.compactMap { source, egress -> String? in
            guard let promise = patient.facts.promise(of: source, leavingBy: egress),
                let address = promise.answer.address, promise.answer.isCovered == false
            else { return nil }
            isOfBox = isOfBox && patient.facts.owner(of: address) != nil
            let rule = promise.verdict.translation.map { ": nat rule «\($0.words)»" } ?? ""
            return "\(source) leaves by \(egress) with \(address), which is no address of"
                + " \(egress)\(rule)"
        }
        return topic.found(
            .error, findings, else: "NAT gives every host an address of the interface it leaves by",
            .manual(
                isOfBox
                    ? "let the rule name the interface it is for: -o NIC"
                    : "let the rule give an address that this box has"))
    }
}

extension Doctor {
    /// natdeck steers IPv4 alone.
    static func ipv6(_ patient: Patient) -> Check {
        let topic = Topic(
            id: "ipv6-leaves", title: "IPv6",
            reason: "an assigned host that has an IPv6 address is seen by that one, whatever is"
                + " assigned")
        switch patient.environment.ipv6 {
        case .failed(let failure): return topic.unknown(failure)
        case .value(let ipv6):
            guard ipv6?.letsHostsOut == true, patient.assignments.contains(where: \.isOwned) else {
                return topic.ok("no assigned host leaves by IPv6 through this box")
            }
            return topic.found(
                .warning,
                [
                    "the box forwards IPv6 and has a default route for it, past every rule of"
                        + " natdeck"
                ],
                .manual("sysctl -w net.ipv6.conf.all.forwarding=0, or a filter for those hosts"))
        }
    }

    /// Interfaces that take shorter packets than those the hosts come in by.
    static func shorterPackets(_ patient: Patient) -> Check {
        let topic = Topic(
            id: "mtu-smaller", title: "Length of packets",
            reason: "connections stand and then hang where answers that say «too long» are lost")
        if let failure = patient.failure(of: .interfaces, .rules, .tables, .forward) {
            return topic.unknown(failure)
        }
        var findings: [String] = []
        var egresses: [String] = []
        for assignment in patient.assignments {
            guard let egress = assignment.decision.interface, !egresses.contains(egress),
                let input = patient.facts.input(of: assignment.source),
                let most = patient.snapshot.interface(egress)?.mtu,
                let longest = patient.snapshot.interface(input)?.mtu, most < longest,
                !patient.facts.mayClamp(assignment.source, leavingBy: egress)
            else { continue }
            egresses.append(egress)
            findings.append(
                "\(egress) takes packets of \(most) bytes, and \(assignment.source) comes in by"
                    + " \(input), which takes \(longest)")
        }
        return topic.found(
            .info, findings,
            else: "no assigned host meets a smaller MTU that nothing clamps",
            egresses.first.map {
                .manual(
                    "iptables -t mangle -A FORWARD -o \($0) -p tcp --tcp-flags SYN,RST SYN"
                        + " -j TCPMSS --clamp-mss-to-pmtu")
            })
    }
}

extension Patient {
    /// The sources that are assigned or were seen, each with the one interface it leaves by.
    var leaving: [(source: IPv4Prefix, egress: String)] {
        let assigned = Set(assignments.map(\.source))
        let seen = facts.hosts.map { IPv4Prefix($0) }.filter { !assigned.contains($0) }
        return (assignments.map(\.source) + seen).compactMap { source in
            facts.decision(for: source).interface.map { (source, $0) }
        }
    }
}
