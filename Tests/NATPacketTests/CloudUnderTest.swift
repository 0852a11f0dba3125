import FoundationEssentials
import Glibc
import NATHost
import NATLab
import NATModel
import Testing

/// The cloud around a box: moto's server on the box's own loopback, which the real `aws` asks.
struct CloudUnderTest {
    let box: BoxUnderTest
    let ids: Numbers
    /// Where the box finds `aws`, and what starts natdeck so that it does.
    private let folder: String
    private let server: pid_t

    /// What moto has given out.
    struct Numbers: Decodable {
        var vpc, subnet, hosts, group, eth0, eth1, table, gateway, worker: String
    }

    /// The folder that `Tests/cloud/install` has filled; `nil` where there is none.
    static let tools: String? = getenv("NATDECK_CLOUD_TOOLS").map { String(cString: $0) }
        .flatMap { $0.isEmpty ? nil : $0 }

    private static let port = 5955
    private static let variables =
        "AWS_ENDPOINT_URL=http://127.0.0.1:\(port) AWS_ACCESS_KEY_ID=test"
        + " AWS_SECRET_ACCESS_KEY=test AWS_DEFAULT_REGION=us-east-1 AWS_MAX_ATTEMPTS=2"

    /// Runs `body` with the scenario in a lab and in moto, and ends both whatever happens.
    static func with(_ body: (CloudUnderTest) async throws -> Void) async throws {
        let tools = try #require(tools)
        try await BoxUnderTest.with(.scenario) { (box: BoxUnderTest) async throws in
            var template = Array("/tmp/natdeck-cloud-XXXXXX".utf8CString)
            let made = try #require(mkdtemp(&template))
            let folder = String(cString: made)
            let server = try await start(tools, box)
            do {
                let python = try await box.lab.run(
                    in: "nat",
                    Command(
                        ["env"] + variables.split(separator: " ").map(String.init) + [
                            "\(tools)/bin/python", file("scenario.py"),
                        ]), deadline: .seconds(30))
                try #require(python.status == 0, "\(python.error)")
                let ids = try JSONDecoder().decode(Numbers.self, from: Data(python.output))
                let cloud = CloudUnderTest(box: box, ids: ids, folder: folder, server: server)
                try cloud.tell()
                try await cloud.replaceAWS("exec \(tools)/bin/aws \"$@\"")
                try await cloud.started(asking: "http://127.0.0.1:\(port)")
                try await body(cloud)
            } catch {
                kill(server, SIGKILL)
                try await box.lab.output(in: "nat", "rm", "-rf", folder)
                throw error
            }
            kill(server, SIGKILL)
            try await box.lab.output(in: "nat", "rm", "-rf", folder)
        }
    }

    private static func file(_ name: String) -> String {
        #filePath.split(separator: "/").dropLast(2).reduce("") { "\($0)/\($1)" } + "/cloud/\(name)"
    }

    private static func start(_ tools: String, _ box: BoxUnderTest) async throws -> pid_t {
        let text = try await box.lab.output(
            in: "nat", "sh", "-c",
            "setsid \"$0\" -H 127.0.0.1 -p \(port) > /var/log/moto.log 2>&1 < /dev/null & echo $!",
            "\(tools)/bin/moto_server")
        let server = try #require(pid_t(text.strippedOfControls))
        for _ in 0..<300 {
            let reply = try await box.lab.run(
                in: "nat",
                Command("curl", "-s", "-o", "/dev/null", "http://127.0.0.1:\(port)/moto-api/"))
            if reply.status == 0 { return server }
            try await Task.sleep(for: .milliseconds(100))
        }
        Issue.record("moto does not answer")
        return server
    }

    /// Has the metadata service call the interfaces as moto does.
    private func tell() throws {
        for (mac, id) in [("0a:ff:ac:1f:08:cf", ids.eth0), ("0a:ff:ac:1f:08:d0", ids.eth1)] {
            let base = "meta-data/network/interfaces/macs/\(mac)"
            try box.lab.setMetadata("\(base)/interface-id", id)
            try box.lab.setMetadata("\(base)/subnet-id", ids.subnet)
            try box.lab.setMetadata("\(base)/vpc-id", ids.vpc)
        }
    }

    private func script(_ name: String, _ body: String) async throws {
        try await write("#!/bin/sh\n\(body)\n", to: name, mode: "755")
    }

    private func write(_ text: String, to name: String, mode: String) async throws {
        let reply = try await box.lab.run(
            in: "nat",
            Command("sh", "-c", "cat > \"$0\" && chmod \(mode) \"$0\"", "\(folder)/\(name)"),
            input: text)
        #expect(reply.status == 0, "\(reply.error)")
    }

    /// What natdeck is started by: it finds `aws`, and that one asks whoever is there.
    private func started(asking url: String) async throws {
        try await script(
            "run",
            "export \(Self.variables)\nexport AWS_ENDPOINT_URL=\(url)\n"
                + "mount --bind \(folder) /usr/local/sbin\nexec \"$@\"")
    }

    /// Puts another program in the place of `aws`; `nil` takes it away.
    func replaceAWS(_ body: String?) async throws {
        if let body { return try await script("aws", body) }
        try await box.lab.output(in: "nat", "rm", "-f", "\(folder)/aws")
    }

    /// Brings the real one back.
    func restoreAWS() async throws {
        try await replaceAWS("exec \(Self.tools ?? "")/bin/aws \"$@\"")
    }

    /// Has `aws` ask somebody who stands before moto, whom `trouble` tells how to answer.
    func meetTrouble() async throws {
        try await trouble("")
        try await box.lab.output(
            in: "nat", "sh", "-c",
            "setsid python3 \"$0\" 5956 \(Self.port) \"$1\" > /dev/null 2>&1 < /dev/null &",
            Self.file("trouble.py"), "\(folder)/trouble")
        try await started(asking: "http://127.0.0.1:5956")
        try await answers(on: 5956)
    }

    /// Waits until somebody answers on a port of the box.
    private func answers(on port: Int) async throws {
        for _ in 0..<100 {
            let reply = try await box.lab.run(
                in: "nat", Command("curl", "-s", "-o", "/dev/null", "http://127.0.0.1:\(port)/"))
            if reply.status == 0 { return }
            try await Task.sleep(for: .milliseconds(100))
        }
        Issue.record("nobody answers on port \(port)")
    }

    /// How whoever stands before moto answers from now on: `500`, `throttled`, `garbage`, `slow`, or
    /// as moto does.
    func trouble(_ kind: String) async throws { try await write(kind, to: "trouble", mode: "644") }

    /// Has `aws` ask somebody who answers with so many instances, in pages.
    ///
    /// - Parameter stranger: the number of the one that is in another VPC; `nil` for none.
    func meetPages(_ count: Int, port: Int, stranger: Int? = nil) async throws {
        try await box.lab.output(
            in: "nat", "sh", "-c",
            "setsid python3 \"$@\" > /dev/null 2>&1 < /dev/null &", "sh", Self.file("pages.py"),
            "\(port)", "\(count)", ids.vpc, pagesAsked, "\(stranger ?? -1)")
        try await started(asking: "http://127.0.0.1:\(port)")
        try await answers(on: port)
    }

    /// Where it is written down which pages were asked for.
    var pagesAsked: String { "\(folder)/asked" }

    /// Ends moto: nobody answers any more.
    func stop() { kill(server, SIGKILL) }

    /// What starts a program on the box as one that finds `aws` and knows whom to ask.
    var starter: String { "unshare --mount --propagation private \(folder)/run" }

    private func started(_ words: [String]) -> Command {
        Command(starter.split(separator: " ").map(String.init) + words)
    }

    /// Runs natdeck on the box.
    func run(_ words: String...) async throws -> BoxUnderTest.Answer { try await run(words) }

    /// Runs natdeck on the box.
    func run(_ words: [String]) async throws -> BoxUnderTest.Answer {
        let reply = try await box.lab.run(
            in: "nat", started([box.natdeck] + words), deadline: .seconds(150))
        return BoxUnderTest.Answer(
            status: reply.status, output: String(decoding: reply.output, as: UTF8.self),
            error: reply.error)
    }

    /// Runs `aws ec2`, which must succeed; what it answers as text.
    @discardableResult
    func aws(_ words: String...) async throws -> String {
        let reply = try await box.lab.run(
            in: "nat", started(["aws", "ec2"] + words + ["--output", "text"]),
            deadline: .seconds(150))
        #expect(reply.status == 0, "\(words): \(reply.error)")
        return String(decoding: reply.output, as: UTF8.self).strippedOfControls
    }

    /// Starts an instance that is called so, with this address.
    func runInstance(_ name: String, _ address: String) async throws -> String {
        try await aws(
            "run-instances", "--image-id", "ami-12c6146b", "--subnet-id", ids.hosts,
            "--private-ip-address", address, "--tag-specifications",
            #"[{"ResourceType":"instance","Tags":[{"Key":"Name","Value":"\#(name)"}]}]"#, "--query",
            "Instances[0].InstanceId")
    }
}
