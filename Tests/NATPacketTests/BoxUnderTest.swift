import Glibc
import NATHost
import NATLab
import NATModel
import Testing

/// A NAT box in a lab of its own, with the natdeck program beside it.
struct BoxUnderTest {
    let lab: Lab
    let natdeck: String

    /// Runs `body` with a lab of this topology, and removes the lab whatever happens.
    static func with(
        _ topology: Topology, _ body: (BoxUnderTest) async throws -> Void
    ) async throws {
        let name = "p\(getpid())-\(UInt16.random(in: 0...UInt16.max))"
        let lab = try await Lab.up(topology.named(name))
        do {
            try await body(BoxUnderTest(lab: lab, natdeck: try LabExecutable.natdeck()))
        } catch {
            try await lab.down()
            throw error
        }
        try await lab.down()
    }

    /// What natdeck answered.
    struct Answer {
        var status: Int32
        var output: String
        var error: String
    }

    /// natdeck with the programs of a folder before the real ones.
    ///
    /// It trusts no PATH, so they come to lie where root's own programs are, for it and all it
    /// starts alone.
    func command(_ words: [String], programs folder: String) -> Command {
        let script = "mount --bind \(folder) /usr/local/sbin && exec \"$@\""
        return Command(
            ["unshare", "--mount", "--propagation", "private", "sh", "-c", script, "sh", natdeck]
                + words)
    }

    /// Runs natdeck on the box.
    func run(_ words: String..., programs folder: String? = nil) async throws -> Answer {
        let command =
            folder.map { self.command(words, programs: $0) } ?? Command([natdeck] + words)
        let reply = try await lab.run(in: "nat", command, deadline: .seconds(30))
        return Answer(
            status: reply.status, output: String(decoding: reply.output, as: UTF8.self),
            error: reply.error)
    }

    /// Runs natdeck on the box and expects it to be done.
    func done(_ words: String...) async throws {
        let reply = try await lab.run(
            in: "nat", Command([natdeck] + words), deadline: .seconds(30))
        #expect(reply.status == 0, "natdeck \(words.joined(separator: " ")): \(reply.error)")
    }

    /// Prepares the box and has hosts steered by `rules` or by the `map`.
    func steer(by method: String) async throws {
        try await done("setup", "--source", "172.31.0.0/16", "--steering", method, "--yes")
    }

    /// Runs `ip` with these words on the box; it must succeed.
    func ip(_ words: String, in machine: String = "nat") async throws {
        let command = Command(["ip"] + words.split(separator: " ").map(String.init))
        let reply = try await lab.run(in: machine, command)
        #expect(reply.status == 0, "\(command): \(reply.error)")
    }

    /// All of the box that a change could touch, as the programs of the hand procedure print it.
    func state() async throws -> String {
        var text = ""
        for words in [
            ["ip", "rule"], ["ip", "-4", "route", "show", "table", "all"],
            ["iptables-nft-save", "-t", "nat"], ["iptables-legacy-save", "-t", "nat"],
            ["sysctl", "net.ipv4.ip_forward"],
            ["sysctl", "-a", "--pattern", "conf\\..*\\.(send_redirects|rp_filter)"],
            ["find", "/etc/sysctl.d", "-name", "*natdeck*"],
        ] {
            let reply = try await lab.run(in: "nat", Command(words))
            // The saves begin and end with the time of day.
            let lines = String(decoding: reply.output, as: UTF8.self).split(separator: "\n")
                .filter { !$0.hasPrefix("#") }.map { line in
                    // Chain counters move with the traffic of the test.
                    line.hasPrefix(":") ? line.prefix { $0 != "[" } : line
                }
            text += lines.joined(separator: "\n") + "\n"
        }
        return text
    }

    /// Takes away what connections go by, which a release and an undo leave to them: nothing else of
    /// natdeck's may be there.
    func expectOnlyMarks() async throws {
        let rules = try await lab.output(in: "nat", "ip", "rule").split(separator: "\n")
        for rule in rules where rule.contains("proto 201") { #expect(rule.contains("fwmark")) }
        try await done("setup", "--remove", "--yes")
    }

    /// Whether natdeck left a mark anywhere.
    func expectNothingOurs() async throws {
        let state = try await state()
        #expect(!state.contains("201"))
        #expect(!state.contains("natdeck"))
    }
}

/// Tests that send packets through a lab; one after the other, since they share two processors.
@Suite(
    .serialized,
    .enabled(if: LabAccess.complaint == nil, "needs root, or unshare --map-root-user with a /run"))
struct PacketTests {
    static let hostA = "172.31.26.175"
    static let hostB = "172.31.26.176"
    static let first = "203.0.113.178"
    static let second = "203.0.113.195"
}
