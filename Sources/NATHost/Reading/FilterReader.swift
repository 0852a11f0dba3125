import NATModel
import NATParse

/// Reads what the packet filters of the box hold: both backends of iptables, and nftables.
struct FilterReader {
    let runner: any CommandRunner
    let files: any HostFiles
    let programs: NATPrograms

    /// Every table that translates. One that fails is a failure of the whole: half of the rules
    /// shown as all of them would be a lie.
    func nat() async -> Reading<[NATRuleSet]> {
        let installed = programs.installed()
        var sets: [NATRuleSet] = []
        // What iptables cannot show, because nft(8) has used more than iptables knows.
        var refusal: ReadFailure?
        for (backend, program) in installed {
            if backend == .legacy {
                switch legacyTable("nat") {
                case .failed(let failure): return .failed(failure)
                case .value(true): break
                case .value(false):
                    // Where it is the box's default, new rules go to it all the same.
                    if sets.isEmpty {
                        sets.append(NATRuleSet(backend: backend, program: program, chains: []))
                    }
                    continue
                }
            }
            switch await list(program, "nat") {
            case .value(let chains):
                sets.append(NATRuleSet(backend: backend, program: program, chains: chains))
            case .failed(let failure):
                guard backend == .nfTables else { return .failed(failure) }
                refusal = failure
            }
        }
        let listed = refusal == nil && installed.contains { $0.backend == .nfTables }
        switch await programs.nftables(.nat(withIPTables: !listed)) {
        case .failed(let failure): return .failed(refusal ?? failure)
        case .value(nil):
            if let refusal { return .failed(refusal) }
            if installed.isEmpty { return .failed(missing) }
        case .value(let tables?):
            if installed.isEmpty, tables.isEmpty, !programs.hasNFT() { return .failed(missing) }
            sets += tables
        }
        return .value(sets)
    }

    private var missing: ReadFailure {
        CommandFailure.missing(NATListing.command("iptables")).readFailure
    }

    /// Every table with chains that forwarded packets pass.
    func forward() async -> Reading<[NATRuleSet]> {
        let installed = programs.installed()
        var sets: [NATRuleSet] = []
        let nft = installed.first { $0.backend == .nfTables }?.program
        switch await programs.nftables(.forward(iptables: nft)) {
        case .failed(let failure): return .failed(failure)
        case .value(let tables): sets += tables ?? []
        }
        for others in [programs.policies, programs.trafficFilters] {
            switch await others() {
            case .failed(let failure): return .failed(failure)
            case .value(let tables): sets += tables
            }
        }
        for table in ["raw", "filter", "mangle", "security"] {
            switch legacyTable(table) {
            case .failed(let failure): return .failed(failure)
            case .value(false): continue
            case .value(true): break
            }
            guard let program = installed.first(where: { $0.backend == .legacy })?.program else {
                let command = NATListing.command("iptables-legacy", table: table)
                return .failed(CommandFailure.missing(command).readFailure)
            }
            switch await list(program, table) {
            case .failed(let failure): return .failed(failure)
            case .value(let chains):
                sets.append(
                    NATRuleSet(
                        backend: .legacy, program: program, table: table,
                        chains: chains.reachable(
                            from: ["PREROUTING", "FORWARD", "POSTROUTING"])))
            }
        }
        return .value(sets)
    }

    /// The bits of marks that rules name.
    func markBits() async -> Reading<UInt32> {
        var bits: UInt32
        switch await programs.markBits() {
        case .failed(let failure): return .failed(failure)
        case .value(let read): bits = read
        }
        switch legacyTable("mangle") {
        case .failed(let failure): return .failed(failure)
        case .value(false): return .value(bits)
        case .value(true): break
        }
        let program = programs.installed().first { $0.backend == .legacy }?.program
        switch await list(program ?? "iptables-legacy", "mangle") {
        case .failed(let failure): return .failed(failure)
        case .value(let chains):
            bits |= NATRuleSet(backend: .legacy, program: "", chains: chains).markBits
            return .value(bits)
        }
    }

    private func list(_ program: String, _ table: String) async -> Reading<[NATChain]> {
        let command = NATListing.command(program, table: table)
        do throws(CommandFailure) {
            let reply = try await runner.run(command)
            guard reply.status == 0 else {
                return .failed(ReadFailure(command.description, reply.complaint))
            }
            do throws(ParseError) {
                return .value(try NATListing.parse(reply.output))
            } catch {
                return .failed(ReadFailure(command.description, error.description))
            }
        } catch {
            return .failed(error.readFailure)
        }
    }

    /// Whether x_tables holds such a table: listing one loads its module and makes it.
    ///
    /// Source: `/proc/net/ip_tables_names` names the x_tables tables of this network namespace.
    func legacyTable(_ name: String) -> Reading<Bool> {
        do throws(ReadFailure) {
            let names = try files.read("/proc/net/ip_tables_names") ?? []
            return .value(
                String(decoding: names, as: UTF8.self).split(separator: "\n").contains {
                    $0 == name
                })
        } catch {
            return .failed(ReadFailure(error.object, error.reason, fix: "run it as root"))
        }
    }
}

extension [NATChain] {
    /// These chains and all that they lead to.
    fileprivate func reachable(from names: [String]) -> [NATChain] {
        var found: Set<String> = []
        var waiting = names
        while let next = waiting.popLast() {
            guard found.insert(next).inserted, let chain = first(where: { $0.name == next }) else {
                continue
            }
            for rule in chain.rules {
                switch rule.filter.effect {
                case .jump(let target), .goto(let target): waiting.append(target)
                default: continue
                }
            }
        }
        return filter { found.contains($0.name) }
    }
}
