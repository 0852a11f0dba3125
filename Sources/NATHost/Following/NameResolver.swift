import NATModel
import NATParse
import NATPlan

/// Asks what names stand for: the cloud in one call for all of them, and the DNS.
struct NameResolver: Sendable {
    let runner: any CommandRunner
    /// What the cloud's metadata tells of this box; empty where it is in none.
    let cloud: [CloudInterface]

    private static let patience = Duration.seconds(5)
    private static let states = ["pending", "running", "stopping", "stopped"]
    /// EC2 takes no more values in a filter.
    private static let mostValues = 200

    /// What was told of each of these names.
    func answers(to names: [SourceName]) async -> [SourceName: NameAnswer] {
        let ofCloud = names.filter(\.isOfCloud)
        return await withTaskGroup(of: [SourceName: NameAnswer].self) { group in
            if !ofCloud.isEmpty { group.addTask { await instances(ofCloud) } }
            for name in names {
                if case .dns(let host) = name {
                    group.addTask { [name: await addresses(of: host)] }
                }
            }
            var all: [SourceName: NameAnswer] = [:]
            for await answers in group { all.merge(answers) { _, new in new } }
            return all
        }
    }

    /// Source: `getent ahostsv4`, which asks /etc/hosts and the DNS as the box is set up to; its
    /// first column is the address. See getent(1).
    private func addresses(of host: String) async -> NameAnswer {
        let command = Command("getent", "ahostsv4", host)
        let reply: CommandReply
        do throws(CommandFailure) {
            reply = try await runner.run(command, input: nil, deadline: Self.patience)
        } catch {
            return .failed("\(error.readFailure)")
        }
        // It does not tell a name that is not there from a server that does not answer.
        guard reply.status == 0 else { return .failed("no server tells an address of it") }
        let lines = String(decoding: reply.output, as: UTF8.self).split(separator: "\n")
        let addresses = lines.compactMap { $0.split(separator: " ").first }
            .compactMap { IPv4Address($0) }.uniqued()
        return .hosts(addresses.map { NameAnswer.Host($0) })
    }

    private func instances(_ names: [SourceName]) async -> [SourceName: NameAnswer] {
        let answer: (SourceName) -> NameAnswer
        do throws(ReadFailure) {
            let instances = try await described(Self.filters(for: names))
            answer = { self.answer(to: $0, instances) }
        } catch {
            // What is told of a name is one line, so what mends it stands there too.
            let reason = error.fix.map { "\(error); \($0)" } ?? "\(error)"
            answer = { _ in .failed(reason) }
        }
        return Dictionary(names.map { ($0, answer($0)) }, uniquingKeysWith: { first, _ in first })
    }

    /// All instances that hosts can be: of the box's own VPC, where that is known.
    func instances() async -> Reading<[CloudInstance]> {
        var filters = [Self.filter("instance-state-name", Self.states)]
        let own = Set(cloud.compactMap(\.aws?.vpc)).sorted()
        if !own.isEmpty { filters.append(Self.filter("vpc-id", own)) }
        do throws(ReadFailure) {
            return .value(try await described("[\(filters.joined(separator: ","))]"))
        } catch {
            return .failed(error)
        }
    }

    private func described(_ filters: String) async throws(ReadFailure) -> [CloudInstance] {
        let program = AWSProgram(runner: runner, region: cloud.lazy.compactMap(\.aws?.region).first)
        let reply = try await program.ask(
            ["describe-instances", "--filters", filters, "--query", InstancesReply.query])
        do throws(ParseError) { return try InstancesReply.parse(reply) } catch {
            throw ReadFailure("aws ec2 describe-instances", error.description)
        }
    }

    /// What to ask for, in JSON: no more than is needed, where one filter can say it.
    ///
    /// Source: `aws ec2 describe-instances help`; in a value `*`, `?` and `\` have a meaning.
    private static func filters(for names: [SourceName]) -> String {
        var filters = [filter("instance-state-name", states)]
        var numbers: [String] = []
        var tags: [String: [String]] = [:]
        for name in names {
            switch name {
            case .instance(let number): numbers.append(number)
            case .tag(let key, let value): tags[key, default: []].append(value)
            case .prefix, .dns: continue
            }
        }
        if tags.isEmpty, numbers.count <= mostValues {
            filters.append(filter("instance-id", numbers))
        } else if numbers.isEmpty, tags.count == 1, let (key, values) = tags.first,
            values.count <= mostValues
        {
            filters.append(filter("tag:\(key)", values))
        }
        return "[\(filters.joined(separator: ","))]"
    }

    private static func filter(_ name: String, _ values: [String]) -> String {
        let values = values.map { value in
            quoted(
                // One by one, for an accent may stand on any of them.
                value.unicodeScalars.reduce(into: "") { text, scalar in
                    if ["*", "?", "\\"].contains(scalar) { text.append("\\") }
                    text.unicodeScalars.append(scalar)
                })
        }
        return "{\"Name\":\(quoted(name)),\"Values\":[\(values.joined(separator: ","))]}"
    }

    /// A text as JSON has it: a tag may hold a tabulator or a line end.
    private static func quoted(_ text: String) -> String {
        "\""
            + text.unicodeScalars.reduce(into: "") { quoted, scalar in
                if scalar.value < 0x20 {
                    let digits = String(scalar.value, radix: 16)
                    quoted += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
                    return
                }
                if scalar == "\"" || scalar == "\\" { quoted.append("\\") }
                quoted.unicodeScalars.append(scalar)
            } + "\""
    }

    private func answer(to name: SourceName, _ instances: [CloudInstance]) -> NameAnswer {
        let matching = instances.filter { instance in
            guard !instance.isGone else { return false }
            return switch name {
            case .instance(let number): instance.number == number
            case .tag(let key, let value): instance.has(tag: key, value)
            case .prefix, .dns: false
            }
        }
        let own = Set(cloud.compactMap(\.aws?.vpc))
        if let stranger = matching.first(where: { !own.isEmpty && !own.contains($0.vpc ?? "") }) {
            return .failed(
                "\(stranger.number) is in \(stranger.vpc ?? "no VPC"), and this box in"
                    + " \(own.sorted().joined(separator: ", "))")
        }
        if let silent = matching.first, matching.allSatisfy(\.addresses.isEmpty) {
            return .failed("\(silent.number) has no address (\(silent.state))")
        }
        return .hosts(
            matching.flatMap { instance in
                instance.addresses.map {
                    NameAnswer.Host(
                        $0, instance: instance.number, label: instance.label,
                        isStopped: instance.isStopped)
                }
            })
    }
}
