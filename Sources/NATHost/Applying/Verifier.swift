import NATModel
import NATPlan

/// Asks the kernel whether what a plan promised holds.
struct Verifier: Sendable {
    let reader: SnapshotReader

    /// What the verifications look at besides the kernel's answers: ten thousand rules are not read
    /// for one host.
    static func parts(for verifications: [Verification]) -> Set<SnapshotPart> {
        var parts: Set<SnapshotPart> = []
        var hosts = 0
        for verification in verifications {
            switch verification {
            case .leaves(let source, _):
                hosts += 1
                // What marks it before it is routed.
                parts.insert(.saved)
                // A narrower rule may send the host that is asked about elsewhere.
                if source.length < 32 { parts.insert(.rules) }
            case .isMasqueraded: parts.formUnion([.nat, .interfaces, .tables])
            case .isGiven: parts.formUnion([.nat, .interfaces, .tables, .saved])
            case .blocked: parts.formUnion([.rules, .tables, .interfaces, .saved])
            case .isReleased: parts.formUnion([.rules, .saved])
            case .failsClosed: parts.insert(.tables)
            case .sysctl: parts.formUnion([.sysctls, .interfaces])
            case .cloud: parts.formUnion([.interfaces, .cloud, .cloudSetup])
            }
        }
        if hosts > KernelSample.most { parts.formUnion([.rules, .tables, .interfaces]) }
        return parts
    }

    /// The first verification that does not hold; `nil` where all do.
    ///
    /// - Parameter before: the box before the plan was carried out, where it was read for that.
    func failure(of plan: Plan, on before: Snapshot? = nil) async -> Outcome.Failure? {
        guard !plan.verifications.isEmpty else { return nil }
        var parts = Self.parts(for: plan.verifications)
        // Which rules may decide otherwise.
        if !plan.doubts.isEmpty { parts.formUnion([.rules, .tables, .interfaces]) }
        let snapshot = await reader.snapshot(parts, sparingNATOf: before)
        let facts = BoxFacts(snapshot, derivesAssignments: false)
        let ruled = Set(snapshot.ruleSteered)
        let wanted = plan.verifications.compactMap { verification -> KernelSample.Wanted? in
            if case .leaves(let source, let interface) = verification {
                (source, interface)
            } else {
                nil
            }
        }
        let sample = KernelSample(
            routing: reader.routing, facts: facts, outside: plan.outside ?? .outside,
            hasDoubts: !plan.doubts.isEmpty)
        if let failure = await sample.failure(of: wanted) { return failure }
        for verification in plan.verifications {
            switch verification {
            case .leaves: continue
            case .isMasqueraded(let source, let interface):
                // Where rules may decide that natdeck cannot, this is no proof, and no failure.
                let answer = facts.promise(of: source, leavingBy: interface)?.answer
                if answer == nil || answer?.isCovered == false {
                    return .init(
                        "iptables -t nat -nvL POSTROUTING",
                        "no rule translates what \(source) sends by \(interface)")
                }
            case .isGiven(let source, let egress):
                let pool = Set(AddressPool(egress.addresses).addresses(of: source))
                let answer = facts.promise(of: source, leavingBy: egress.interface)?.answer
                if answer.map({ !$0.isOne(of: pool) }) ?? true {
                    return .init(
                        "nft list chain ip \(Gate.table) given",
                        "what \(source) sends by \(egress.interface) does not get"
                            + " \(egress.addresses.map(\.description).joined(separator: " or "))")
                }
            case .blocked(let source):
                let decision = facts.decision(for: source)
                if decision.end != .nowhere {
                    return .init(
                        "ip rule show",
                        "\(source) is to be blocked, and leaves by"
                            + " \(decision.interfaces.joined(separator: " and "))")
                }
            case .isReleased(let source):
                if snapshot.map?.steers(source) == true {
                    return .init(
                        "nft list table ip \(Gate.table)", "the map still steers \(source)")
                }
                if ruled.contains(source) {
                    return .init("ip rule show", "a rule of natdeck still steers \(source)")
                }
            case .cloud(let change):
                switch snapshot.cloudSetup {
                case .failed(let failure): return .init(failure.object, failure.reason)
                case .value(let setup):
                    if setup?.isSo(change) != true {
                        return .init("aws ec2", "it is not so by now: \(change)")
                    }
                }
            case .failsClosed(let table):
                let routes = snapshot.table(table)?.routes ?? []
                if !routes.contains(where: \.isBackstop) {
                    return .init(
                        "ip route show table \(table)", "it has no unreachable default route")
                }
            case .sysctl(let name, let value):
                if snapshot.sysctl(name) != value {
                    let read = snapshot.sysctl(name).map { "\($0)" } ?? "nothing"
                    return .init("sysctl \(name)", "it reads \(read) and not \(value)")
                }
            }
        }
        return nil
    }
}
