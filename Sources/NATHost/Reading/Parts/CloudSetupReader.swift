import NATModel
import NATParse

/// Asks AWS what it is set up to do with the interfaces of the box and the subnets around it.
struct CloudSetupReader: PartReader {
    let runner: any CommandRunner
    let part = SnapshotPart.cloudSetup

    func read(into snapshot: inout Snapshot) async {
        switch snapshot.cloud {
        case .failed(let failure): snapshot.cloudSetup = .failed(failure)
        case .value(let told):
            let interfaces = told.compactMap(\.aws)
            do throws(ReadFailure) {
                snapshot.cloudSetup = .value(
                    interfaces.isEmpty ? nil : try await setup(around: interfaces))
            } catch {
                snapshot.cloudSetup = .failed(error)
            }
        }
    }

    private func setup(around told: [AWSInterface]) async throws(ReadFailure) -> CloudSetup {
        let region = told.lazy.compactMap(\.region).first
        let program = AWSProgram(runner: runner, region: region)
        let interfaces = try await parsed(
            program, ["describe-network-interfaces", "--network-interface-ids"] + told.map(\.id),
            CloudSetupReply.interfaces)
        let ids = interfaces.flatMap(\.groups).uniqued()
        let groups =
            ids.isEmpty
            ? []
            : try await parsed(
                program, ["describe-security-groups", "--group-ids"] + ids, CloudSetupReply.groups)
        var subnets: [CloudSetup.Subnet] = []
        let networks = told.compactMap(\.vpc).uniqued()
        if !networks.isEmpty {
            let filter = ["--filters", "Name=vpc-id,Values=\(networks.joined(separator: ","))"]
            let tables = try await program.ask(["describe-route-tables"] + filter)
            subnets = try await parsed(program, ["describe-subnets"] + filter) {
                bytes throws(ParseError) in
                try CloudSetupReply.subnets(bytes, tables: tables)
            }
        }
        var setup = CloudSetup(
            interfaces: interfaces, groups: groups, subnets: subnets, region: program.region)
        await name(groups.flatMap(\.admitsNamed).uniqued(), in: &setup, program)
        return setup
    }

    /// Finds what these numbers of groups and lists stand for. Where one cannot be asked for, all
    /// else that was read stands.
    private func name(
        _ ids: [String], in setup: inout CloudSetup, _ program: AWSProgram
    ) async {
        do throws(ReadFailure) {
            let groups = ids.filter { $0.hasPrefix("sg-") }
            if !groups.isEmpty {
                let filter = "Name=group-id,Values=\(groups.joined(separator: ","))"
                setup.named = try await parsed(
                    program, ["describe-network-interfaces", "--filters", filter]
                ) { bytes throws(ParseError) in try CloudSetupReply.members(bytes, of: groups) }
            }
            for list in ids where list.hasPrefix("pl-") {
                setup.named[list] = try await parsed(
                    program, ["get-managed-prefix-list-entries", "--prefix-list-id", list],
                    CloudSetupReply.networks)
            }
        } catch {
            setup.whyNotNamed = error
        }
    }

    private func parsed<Value>(
        _ program: AWSProgram, _ words: [String], _ parse: ([UInt8]) throws(ParseError) -> Value
    ) async throws(ReadFailure) -> Value {
        let reply = try await program.ask(words)
        do throws(ParseError) { return try parse(reply) } catch {
            throw ReadFailure("aws ec2 \(words[0])", error.description)
        }
    }
}
