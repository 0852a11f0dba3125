import Glibc
import NATHost
import NATLab
import NATModel
import Testing

extension LabTests {
    @Test func `up twice builds once`() async throws {
        try await Self.withLab(.scenario) { lab in
            let before = try await lab.output(
                in: "nat", "stat", "-L", "-c", "%i", "/proc/self/ns/net")
            let again = try await Lab.up(Topology.scenario.named(lab.prefix))
            #expect(again.wasStanding)
            let after = try await lab.output(
                in: "nat", "stat", "-L", "-c", "%i", "/proc/self/ns/net")
            #expect(before == after)
            await #expect(throws: LabError.self) {
                try await Lab.up(Topology.scenario.bare.named(lab.prefix))
            }
            #expect(try await lab.seenAs("ec2-a") == "203.0.113.178")
        }
    }

    @Test func `down leaves nothing, and is harmless twice`() async throws {
        let lab = try await Lab.up(Topology.scenario.named(Self.prefix()))
        try await lab.startTraffic()
        #expect(try await Self.remains(of: lab.prefix).count > 8)
        #expect(try await Lab.down(prefix: lab.prefix))
        #expect(try await Self.remains(of: lab.prefix) == [])
        #expect(try await Lab.down(prefix: lab.prefix) == false)
    }

    @Test func `who is cancelled removes it all the same`() async throws {
        let lab = try await Lab.up(Topology.scenario.named(Self.prefix()))
        let removal = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            try await lab.down()
        }
        try await removal.value
        #expect(try await Self.remains(of: lab.prefix) == [])
    }

    @Test(arguments: [15, 30, 45, 60, 80, 100])
    func `a builder killed half way is no obstacle`(milliseconds: Int) async throws {
        let prefix = Self.prefix()
        // The deadline kills it.
        _ = try? await SystemRunner().run(
            Command(LabExecutable.natdeck(), "lab", "up", "--prefix", prefix), input: nil,
            deadline: .milliseconds(milliseconds))
        let lab = try await Lab.up(Topology.scenario.named(prefix))
        #expect(try await lab.seenAs("ec2-b") == "203.0.113.178")
        try await lab.down()
        #expect(try await Self.lasting(of: prefix) == [])
    }

    @Test func `a lab whose server has died is built anew`() async throws {
        try await Self.withLab(.scenario) { lab in
            let servers = try await Self.machine(
                "pgrep", "-f", "lab serve echo --prefix \(lab.prefix)")
            kill(try #require(pid_t(servers.strippedOfControls)), SIGKILL)
            #expect(try await lab.seenAs("ec2-a", seconds: 1) == nil)
            #expect(try await Lab.up(Topology.scenario.named(lab.prefix)).wasStanding == false)
            #expect(try await lab.seenAs("ec2-a") == "203.0.113.178")
        }
    }

    @Test func `labs stand side by side`() async throws {
        try await Self.withLab(.scenario) { first in
            // One name begins with the other.
            let second = try await Lab.up(Topology.scenario.bare.named("\(first.prefix)-2"))
            #expect(try await first.seenAs("ec2-a") == "203.0.113.178")
            try await second.down()
            #expect(try await first.seenAs("ec2-a") == "203.0.113.178")
            #expect(first.prefix != second.prefix)
        }
    }

    @Test func `the machine's own network stays as it is`() async throws {
        func state() async throws -> [String] {
            let rules =
                try await Self.machine("iptables-save") + Self.machine("iptables-legacy-save")
            // Comments hold the time, brackets hold counters.
            let lines = rules.split(separator: "\n").filter { !$0.hasPrefix("#") }
                .map { String($0.prefix { $0 != "[" }) }
            return try await lines + [
                Self.machine("ip", "-br", "addr"), Self.machine("ip", "rule"),
                Self.machine("ip", "route", "show", "table", "all"),
                Self.machine("sysctl", "net.ipv4.ip_forward", "net.ipv4.conf.all.arp_ignore"),
            ]
        }
        let before = try await state()
        try await Self.withLab(.scenario) { _ in
            let during = try await state()
            #expect(during == before)
        }
        #expect(try await state() == before)
    }

    @Test func `the box writes to files of its own, which last as long as the lab`() async throws {
        try await Self.withLab(.scenario) { lab in
            let files = [
                "/etc/sysctl.d/99-\(lab.prefix).conf", "/run/\(lab.prefix)",
                "/var/log/\(lab.prefix)",
            ]
            for file in files {
                try await lab.run(in: "nat", Command("tee", file), input: "kept")
                #expect(try await lab.output(in: "nat", "cat", file) == "kept")
                #expect(access(file, F_OK) != 0)
            }
            try await lab.output(in: "nat", "mkdir", "/etc/natdeck-\(lab.prefix)")
            #expect(access("/etc/natdeck-\(lab.prefix)", F_OK) != 0)
        }
    }

    @Test func `an unknown machine and a missing program are told apart`() async throws {
        try await Self.withLab(.scenario) { lab in
            let error = #expect(throws: LabError.self) { try lab.runner(in: "ec2-z") }
            #expect(
                error?.reason == "no such machine; there are nat, ec2-a, ec2-b, router, internet")
            let command = Command("no-such-program")
            await #expect(throws: CommandFailure.missing(command)) {
                try await lab.runner(in: "nat").run(command)
            }
            let failed = try await lab.run(in: "ec2-a", Command("false"))
            #expect(failed.status == 1)
        }
    }
}

extension LabTests {
    /// In a mount namespace of its own, so that the machine's /etc stays as it is.
    @Test func `nothing of the machine's own natdeck is seen in a lab`() async throws {
        let name = "t\(getpid())-own"
        let program = try LabExecutable.path()
        let script = """
            set -e
            layers=$(mktemp -d); mount -t tmpfs tmpfs "$layers"; mkdir "$layers/up" "$layers/work"
            mount -t overlay overlay -o "lowerdir=/etc,upperdir=$layers/up,workdir=$layers/work" /etc
            mkdir -p /etc/natdeck; echo '10.0.0.1 eth9' >/etc/natdeck/assignments
            trap '"$0" lab down --prefix \(name) >/dev/null' EXIT
            "$0" lab up --prefix \(name) >/dev/null
            lab() { "$0" lab exec --prefix \(name) nat -- "$@"; }
            echo "there:$(lab ls -A /etc/natdeck)"
            lab rm -r /etc/natdeck; lab ls -d /etc/natdeck || echo gone
            cat /etc/natdeck/assignments
            """
        let reply = try await SystemRunner().run(
            Command("unshare", "--mount", "bash", "-c", script, program), input: nil,
            deadline: .seconds(30))
        #expect(
            String(decoding: reply.output, as: UTF8.self) == "there:\ngone\n10.0.0.1 eth9\n",
            "\(reply.error)")
    }
}
